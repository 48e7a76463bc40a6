"""Explain by leaving words out: which texts are classified, and what their scores say.

A text of more than MAX_RUNS words is explained in runs of neighbouring words, as many of them
as that; the words of a run share its weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from inference.backends import Rough, windows_of
from inference.explain import lime, occlusion
from inference.explain.pieces import in_pieces
from inference.windows import pooled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from inference.backends import Classifier
    from inference.explain.pieces import Pieces
    from inference.explain.words import Words

    Floats = NDArray[np.float64]
    Masks = NDArray[np.bool_]  # (S, W): which words stay in each of S texts

MAX_RUNS = 100


def by_occlusion(
    classifier: Classifier, words: Words, label: str, whole: float
) -> Pieces[Floats]:
    """Return each word's weight (W,); `whole` is the label's score on the whole text."""
    run_of = _runs(len(words.spans))
    kept = occlusion.masks(int(run_of[-1]) + 1)
    scores = yield from scores_of(classifier, words, kept[:, run_of], label)
    return _shared(occlusion.weights(whole, scores), run_of)


def by_lime(
    classifier: Classifier,
    words: Words,
    label: str,
    whole: float,
    n_samples: int,
    seed: int,
) -> Pieces[Floats]:
    """Return each word's weight (W,); the same for the same seed.

    Rounding that differs from sample to sample averages out, so they are read roughly.
    """
    run_of = _runs(len(words.spans))
    kept = lime.masks(int(run_of[-1]) + 1, n_samples, seed)
    reader = classifier.rough if isinstance(classifier, Rough) else classifier
    scores = yield from scores_of(reader, words, kept[1:, run_of], label)
    return _shared(lime.weights(kept, np.append(whole, scores)), run_of)


def scores_of(
    classifier: Classifier, words: Words, masks: Masks, label: str
) -> Pieces[Floats]:
    """Return the label's score for each mask: (S,). The same text is classified once."""
    distinct, number = np.unique(masks, axis=0, return_inverse=True)
    lengths = words.lengths(distinct)
    order = np.argsort(lengths, kind="stable")  # like beside like: little is padding
    texts = (words.without(distinct[n]) for n in order)
    found = yield from classified(classifier, texts)
    scores = np.empty(len(distinct))
    scores[order] = [row[label] for row in found]
    return scores[number.reshape(-1)]


def classified(
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


def _runs(n_words: int) -> NDArray[np.int64]:
    """Return of each word the number of its run (W,); runs differ by a word at most."""
    return np.arange(n_words) * min(n_words, MAX_RUNS) // n_words


def _shared(weights: Floats, run_of: NDArray[np.int64]) -> Floats:
    """Divide each run's weight among its words."""
    shares: Floats = weights / np.bincount(run_of)
    return shares[run_of]
