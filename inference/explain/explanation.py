"""One explanation from the text to its words' weights, in pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inference.errors import BadRequest
from inference.explain import gradients, perturbing
from inference.explain.words import words_of
from inference.types import WordWeight

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from inference.backends import Classifier
    from inference.explain.pieces import Pieces
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
    [scores] = yield from perturbing.classified(classifier, [tokens])
    label = request.label or max(scores, key=scores.__getitem__)
    if label not in scores:
        raise BadRequest(f"The classifier {request.classifier} knows no {label!r}.")
    whole, weights = scores[label], np.zeros(0)
    if not words.spans:
        pass
    elif method == "gradients":
        weights = yield from gradients.weights(classifier, words, label)
    elif method == "occlusion":
        weights = yield from perturbing.by_occlusion(classifier, words, label, whole)
    else:
        asked = (request.n_samples, request.seed)
        weights = yield from perturbing.by_lime(classifier, words, label, whole, *asked)
    return Explanation(label, method, whole, _weighted(words.spans, weights))


def _weighted(
    spans: Sequence[tuple[int, int]], weights: Floats
) -> tuple[WordWeight, ...]:
    pairs = zip(spans, weights.tolist(), strict=True)
    return tuple(WordWeight(start, end, weight) for (start, end), weight in pairs)
