"""LIME for texts: a linear model of what the classifier does in the text's neighbourhood.

Draws the same samples as the `lime` package does with the same seed, weighs them with its
kernel and fits its two ridge regressions, in numpy.

Source: Ribeiro, Singh and Guestrin, "Why Should I Trust You?" (2016), and the defaults of
https://github.com/marcotcr/lime
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KERNEL_WIDTH = 25.0  # of a cosine distance times 100
SELECTING_RIDGE, FINAL_RIDGE = 0.01, 1.0
N_FEATURES = 10  # words that get a weight; the others explain too little to tell


def masks(n_words: int, n_samples: int, seed: int) -> NDArray[np.bool_]:
    """Return (S, W): which words stay; the first row is the whole text.

    Each other sample leaves out as many words as a die with W sides says, none preferred.
    """
    draw = np.random.RandomState(seed)
    kept = np.ones((n_samples, n_words), dtype=np.bool_)
    n_left_out = draw.randint(1, n_words + 1, n_samples - 1)
    for row, n in zip(kept[1:], n_left_out, strict=True):
        row[draw.choice(n_words, n, replace=False)] = False
    return kept


def weights(kept: NDArray[np.bool_], scores: Floats) -> Floats:
    """Return each word's weight (W,) for masks (S, W) and scores (S,).

    At most N_FEATURES of them are not 0: those that weigh most where all take part.
    """
    samples, nearness = kept.astype(np.float64), _nearness(kept)
    first = _ridge(samples, scores, nearness, SELECTING_RIDGE)
    chosen = np.argsort(-np.abs(first), kind="stable")[:N_FEATURES]
    found = np.zeros(kept.shape[1])
    found[chosen] = _ridge(samples[:, chosen], scores, nearness, FINAL_RIDGE)
    return found


def _nearness(kept: NDArray[np.bool_]) -> Floats:
    """Weigh each sample by the cosine of its angle to the whole text: (S,)."""
    cosine = np.sqrt(
        kept.mean(axis=1, dtype=np.float64)
    )  # of a vector of zeros and ones to one of ones
    distance = 100 * (1 - cosine)
    near: Floats = np.sqrt(np.exp(-((distance / KERNEL_WIDTH) ** 2)))
    return near


def _ridge(samples: Floats, scores: Floats, nearness: Floats, penalty: float) -> Floats:
    """Return the coefficients (W,) of a weighted ridge regression with an intercept."""
    centred = samples - np.average(samples, axis=0, weights=nearness)
    target = scores - np.average(scores, weights=nearness)
    weighted = centred * nearness[:, None]
    normal = weighted.T @ centred + penalty * np.eye(samples.shape[1])
    coefficients = np.linalg.solve(normal, weighted.T @ target)
    return np.asarray(coefficients, dtype=np.float64)
