"""What an engine measures of itself from its start on: histograms and counts.

Their names are those that `/metrics` shows, without the prefix. Kept here and not in
prometheus-client, because they travel to the web processes with each heartbeat.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from inference.types import EngineStats, Histogram

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
GAPS = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 1.0)
SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
BOUNDS = {
    "first_token_seconds": SECONDS,
    "token_gap_seconds": GAPS,
    "step_rows": SIZES,
    "prompt_batch_size": SIZES,
    "classify_batch_size": SIZES,
}


class Measures:
    """Counts values into buckets; a bound belongs to the bucket below it."""

    def __init__(self) -> None:
        self._buckets = {name: [0] * (len(of) + 1) for name, of in BOUNDS.items()}
        self._totals: defaultdict[str, float] = defaultdict(float)
        self._stepped_s = 0.0
        self._counts: Counter[str] = Counter(refused=0, expired=0, finished=0, failed=0)

    def observe(self, name: str, value: float, n_times: int = 1) -> None:
        """Note a value that was seen so many times; KeyError for an unknown name."""
        self._buckets[name][bisect_left(BOUNDS[name], value)] += n_times
        self._totals[name] += value * n_times

    def step(self, now: float, n_rows: int, n_old: int, new: Sequence[float]) -> None:
        """Note what people see of a step: how long until a word, and between two.

        Of its rows `n_old` got a further token; `new` is when those with their first one
        were submitted.
        """
        gap_s, self._stepped_s = now - self._stepped_s, now
        self.observe("step_rows", n_rows)
        self.observe("token_gap_seconds", gap_s, n_old)
        for submitted_s in new:
            self.observe("first_token_seconds", now - submitted_s)

    def count(self, name: str, n_times: int = 1) -> None:
        self._counts[name] += n_times

    def histograms(self) -> dict[str, Histogram]:
        return {
            name: Histogram(BOUNDS[name], tuple(buckets), self._totals[name])
            for name, buckets in self._buckets.items()
        }

    def counts(self) -> dict[str, int]:
        return dict(self._counts)


def together(several: Sequence[EngineStats]) -> EngineStats:
    """Say of several engines what one would say; the least patience asked for is enough."""
    return EngineStats(
        n_queued=sum(one.n_queued for one in several),
        n_running=sum(one.n_running for one in several),
        max_queued=sum(one.max_queued for one in several),
        oldest_wait_s=max(one.oldest_wait_s for one in several),
        models=several[-1].models,
        n_slots=sum(one.n_slots for one in several),
        n_queued_classify=sum(one.n_queued_classify for one in several),
        n_explaining=sum(one.n_explaining for one in several),
        retry_after_s=min(one.retry_after_s for one in several),
        wait_s=min(one.wait_s for one in several),
        reply_s=max(one.reply_s for one in several),
        histograms=_sums(one.histograms for one in several),
        counts=dict(sum((Counter(one.counts) for one in several), Counter())),
    )


def _sums(several: Iterable[Mapping[str, Histogram]]) -> dict[str, Histogram]:
    """Add up histograms; those of one name have the same bounds."""
    sums: dict[str, Histogram] = {}
    for histograms in several:
        for name, one in histograms.items():
            sums[name] = _sum(sums[name], one) if name in sums else one
    return sums


def _sum(a: Histogram, b: Histogram) -> Histogram:
    buckets = tuple(x + y for x, y in zip(a.buckets, b.buckets, strict=True))
    return Histogram(a.bounds, buckets, a.total + b.total)
