"""The arithmetic of a comparison: percentiles, order of blocks, ratios with an interval."""

from __future__ import annotations

import math
import random
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

N_RESAMPLES = 4_000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of per-pair ratios, with a bootstrap interval of 95 %."""

    median: float
    low: float
    high: float
    n_pairs: int

    @property
    def excludes_one(self) -> bool:
        """Tell whether a difference may be claimed."""
        return self.low > 1 or self.high < 1

    def __str__(self) -> str:
        return f"{self.median:.2f} [{self.low:.2f}, {self.high:.2f}]"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least this share of the values do not exceed.

    NaN where there are none. With few values a high percentile is the greatest of them.
    """
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def orders(names: Sequence[str], n_rounds: int) -> list[list[str]]:
    """Return who is measured after whom: A B, B A, A B ...; so drift favours nobody.

    With two names any two rounds are an ABBA block; with more, each pair of them is.
    """
    forward, backward = list(names), list(reversed(names))
    return [backward if n % 2 else forward for n in range(n_rounds)]


def ratio_of(ours: Sequence[float], theirs: Sequence[float], seed: int = 1) -> Ratio:
    """Return the median of ours / theirs, pair by pair, and its interval.

    The pairs are drawn again with replacement; the same seed gives the same interval.
    Pairs of which one side is missing or nothing count for nothing.
    """
    pairs = zip(ours, theirs, strict=True)
    ratios = [a / b for a, b in pairs if a > 0 and b > 0 and math.isfinite(a / b)]
    if not ratios:
        return Ratio(math.nan, math.nan, math.nan, 0)
    medians = _resampled_medians(ratios, random.Random(seed))
    edge = (1 - LEVEL) / 2
    low, high = percentile(medians, edge), percentile(medians, 1 - edge)
    return Ratio(statistics.median(ratios), low, high, len(ratios))


def _resampled_medians(ratios: Sequence[float], draw: random.Random) -> list[float]:
    return [
        statistics.median(draw.choices(ratios, k=len(ratios)))
        for _ in range(N_RESAMPLES)
    ]
