"""One explanation from the text to its words' weights, in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inference.backends import windows_of
from inference.errors import BadRequest
from inference.explain import gradients, lime, occlusion
from inference.explain.pieces import in_pieces
from inference.explain.words import words_of
from inference.types import WordWeight
from inference.windows import pooled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from inference.backends import Classifier
    from inference.explain.pieces import Pieces
    from inference.explain.words import Words
    from inference.types import ExplainRequest, Method

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an `Explained` says, whoever asked and however long it took."""

    label: str
    method: Method
    score: float
    words: tuple[WordWeight, ...]


def explanation(
    classifier: Classifier, request: ExplainRequest, method: Method
) -> Pieces[Explanation]:
    """Work it out; BadRequest for a label or a method that the classifier lacks."""
    words = words_of(classifier, request.text)
    tokens = words.without(np.ones(len(words.spans), dtype=np.bool_))
    [scores] = yield from _classified(classifier, [tokens])
    label = request.label or max(scores, key=scores.__getitem__)
    if label not in scores:
        raise BadRequest(f"The classifier {request.classifier} knows no {label!r}.")
    weights = np.zeros(0)
    if words.spans:
        whole = scores[label]
        weights = yield from _weights(classifier, words, request, method, label, whole)
    return Explanation(label, method, scores[label], _weighted(words.spans, weights))


def _weights(
    classifier: Classifier,
    words: Words,
    request: ExplainRequest,
    method: Method,
    label: str,
    whole: float,
) -> Pieces[Floats]:
    if method == "gradients":
        return (yield from gradients.weights(classifier, words, label))
    if method == "occlusion":
        kept = occlusion.masks(len(words.spans))
        scores = yield from _scores(classifier, words, kept, label)
        return occlusion.weights(whole, scores)
    kept = lime.masks(len(words.spans), request.n_samples, request.seed)
    scores = yield from _scores(classifier, words, kept[1:], label)
    return lime.weights(kept, np.append(whole, scores))


def _scores(
    classifier: Classifier, words: Words, masks: NDArray[np.bool_], label: str
) -> Pieces[Floats]:
    """Return the label's score for each mask: (S,). The same text is classified once."""
    distinct, number = np.unique(masks, axis=0, return_inverse=True)
    order = np.argsort(
        words.lengths(distinct), kind="stable"
    )  # so that little is padding
    texts = (words.without(distinct[n]) for n in order)
    found = yield from _classified(classifier, texts)
    scores = np.empty(len(distinct))
    scores[order] = [row[label] for row in found]
    return scores[number.reshape(-1)]


def _classified(
    classifier: Classifier, texts: Iterable[Sequence[int]]
) -> Pieces[list[dict[str, float]]]:
    """Return each text's scores; a long one is classified window by window."""
    n_windows = []

    def rows() -> Iterator[Sequence[int]]:
        for tokens in texts:
            windows = windows_of(classifier, tokens)
            n_windows.append(len(windows))
            yield from windows

    found = iter((yield from in_pieces(rows(), classifier.classify)))
    return [pooled([next(found) for _ in range(n)]) for n in n_windows]


def _weighted(
    spans: Sequence[tuple[int, int]], weights: Floats
) -> tuple[WordWeight, ...]:
    pairs = zip(spans, weights.tolist(), strict=True)
    return tuple(WordWeight(start, end, weight) for (start, end), weight in pairs)
