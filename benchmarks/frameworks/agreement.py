"""Whether two frameworks explain alike: rank correlation of the words' weights."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from benchmarks.frameworks.runner import Found

Weights = list[list[float]]  # of each text, of each of its words


def agreement(device: Found) -> dict[str, float | None]:
    """Return the median correlation over texts, for three pairs of models.

    `same_weights` are the same weights in both frameworks; `twins` each seed's model of
    one against that of the other; `seeds` two seeds within one framework, which says how
    much of the difference between twins is chance. None where it was not measured.
    """
    sides = {
        name: [one.get("weights", []) for one in answers]
        for name, answers in device["explain"].items()
    }
    same = [device["same_weights"][n][0].get("weights", []) for n in sides]
    within = [
        (own[i], own[i + 1]) for own in sides.values() for i in range(len(own) - 1)
    ]
    return {
        "same_weights": _median([(same[0], same[1])]),
        "twins": _median(zip(*sides.values(), strict=True)),
        "seeds": _median(within),
    }


def _median(pairs: Iterable[Sequence[Weights]]) -> float | None:
    found = [
        rank_correlation(one, other)
        for ours, theirs in pairs
        for one, other in zip(ours, theirs, strict=True)
        if len(one) > 1
    ]
    return round(statistics.median(found), 4) if found else None


def rank_correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Spearman's rho; words of one weight share their ranks' mean."""
    mine, theirs = ranks(one), ranks(other)
    if mine.std() == 0 or theirs.std() == 0:
        return 1.0 if np.array_equal(mine, theirs) else 0.0
    return float(np.corrcoef(mine, theirs)[0, 1])


def ranks(values: Sequence[float]) -> NDArray[Any]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: NDArray[Any] = (ends - (counts - 1) / 2)[place]
    return means
