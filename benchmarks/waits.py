"""What people waited, of all their messages: spreads, refusals, replies a second."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from benchmarks.ratios import percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.people import Told

WAITS = ("ack", "emotion", "first", "whole")


def of_messages(told: Sequence[Told]) -> dict[str, Any]:
    """Return the waits' spreads and how often what was refused."""
    errors = Counter(one.error for one in told if one.error)
    reasons = Counter(one.reason for one in told if one.reason)
    waits = {what: spread(times(told, what)) for what in (*WAITS, "error")}
    return {"n_sent": len(told), "errors": dict(errors), "reasons": dict(reasons)} | {
        f"{what}_ms": found for what, found in waits.items()
    }


def times(told: Sequence[Told], what: str) -> list[float]:
    return [ms for one in told if (ms := one.ms(what)) is not None]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95, p99, the greatest, and how many there are."""
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: percentile(values, share) for name, share in shares.items()} | {
        "n": len(values)
    }


def replies_a_second(told: Sequence[Told], start_s: float, end_s: float) -> float:
    """Count the replies that were whole, as they should be, between the two times."""
    good = (one.whole_s for one in told if one.reason in ("stop", "length"))
    return sum(start_s <= (s or 0) <= end_s for s in good) / (end_s - start_s)
