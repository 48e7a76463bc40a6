"""Integrated gradients: the score's slope on the way from a text without words to this one.

The path goes straight from the tokens' empty embeddings to theirs; what a word's tokens
add up to along it is the word's weight. All weights together are what the words change.
Of a text that is read in windows each window has a path of its own, and a word gets the
mean over all windows.

Source: Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inference.backends import Differentiable, windows_of
from inference.errors import BadRequest
from inference.explain.pieces import in_pieces
from inference.explain.words import TracedWords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from inference.backends import Classifier
    from inference.explain.pieces import Pieces
    from inference.explain.words import Words

    Floats = NDArray[np.float64]

N_POINTS = 20
FORWARDS = 3  # what a point costs: a backward pass is about two forward ones


@dataclass(frozen=True, slots=True)
class Point:
    """A place on a path, 0 at its start and 1 at its end, for a window of so many tokens."""

    share: float
    n_tokens: int

    def __len__(self) -> int:
        return FORWARDS * self.n_tokens


def weights(
    classifier: Classifier, words: Words, label: str, n_points: int = N_POINTS
) -> Pieces[Floats]:
    """Return each word's weight (W,); BadRequest for a classifier without gradients."""
    if not isinstance(classifier, Differentiable) or not isinstance(words, TracedWords):
        raise BadRequest("This classifier cannot be explained by gradients.")
    n_words = len(words.spans)
    found = np.zeros(n_words + 1)
    # Cut like the tokens themselves: their places, so that each slope finds its word.
    windows = windows_of(classifier, range(len(words.tokens)))
    for window in windows:
        places = np.asarray(window)
        slopes = yield from _slopes(classifier, words, places, label, n_points)
        np.add.at(found, words.word_of[places], slopes / len(windows))
    return found[:n_words]


def _slopes(
    model: Differentiable,
    words: TracedWords,
    places: NDArray[np.int64],
    label: str,
    n_points: int,
) -> Pieces[Floats]:
    """Return the mean slope of each token of a window along its path: (L,)."""
    tokens, is_of_word = (
        words.tokens[places].tolist(),
        words.is_of_word[places].tolist(),
    )

    def run(points: Sequence[Point]) -> list[Floats]:
        shares = [point.share for point in points]
        return list(np.asarray(model.slopes(tokens, is_of_word, label, shares)))

    shares = (np.arange(n_points) + 0.5) / n_points  # the middle of each step
    points = [Point(share, len(tokens)) for share in shares.tolist()]
    slopes = yield from in_pieces(points, run)
    mean: Floats = np.mean(slopes, axis=0)
    return mean
