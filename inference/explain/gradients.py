"""Integrated gradients: the score's slope on the way from a text without words to this one.

The path goes straight from the tokens' empty embeddings to theirs; what a word's tokens
add up to along it is the word's weight. All weights together are what the words change.

Source: Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inference.backends import Differentiable
from inference.errors import BadRequest
from inference.explain.pieces import in_pieces
from inference.explain.words import TracedWords

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from inference.backends import Classifier
    from inference.explain.pieces import Pieces
    from inference.explain.words import Words

N_POINTS = 20
FORWARDS = 3  # what a point costs: a backward pass is about two forward ones


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the path, 0 at its start and 1 at its end, for a text of tokens."""

    share: float
    n_tokens: int

    def __len__(self) -> int:
        return FORWARDS * self.n_tokens


def weights(
    classifier: Classifier, words: Words, label: str
) -> Pieces[NDArray[np.float64]]:
    """Return each word's weight (W,); BadRequest for a classifier without gradients."""
    if not isinstance(classifier, Differentiable) or not isinstance(words, TracedWords):
        raise BadRequest("This classifier cannot be explained by gradients.")
    model = classifier
    tokens = words.tokens.tolist()

    def run(points: Sequence[Point]) -> list[NDArray[np.float64]]:
        shares = [point.share for point in points]
        return list(np.asarray(model.slopes(tokens, words.is_of_word, label, shares)))

    places = (np.arange(N_POINTS) + 0.5) / N_POINTS  # the middle of each step
    points = [Point(share, len(tokens)) for share in places.tolist()]
    slopes = yield from in_pieces(points, run)
    of_token = np.mean(slopes, axis=0)  # (L,)
    n_words = len(words.spans)
    return np.bincount(words.word_of, of_token, minlength=n_words + 1)[:n_words]
