"""Occlusion: what the score loses when one word is left out.

Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014);
for words Li, Monroe and Jurafsky, Understanding Neural Networks through Representation
Erasure (2016).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def masks(n_words: int) -> NDArray[np.bool_]:
    """Return (W, W): in each row another word is left out."""
    return ~np.eye(n_words, dtype=np.bool_)


def weights(whole: float, scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return of each word what the score loses without it."""
    lost: NDArray[np.float64] = whole - scores
    return lost
