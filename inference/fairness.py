"""Whose turn it is among those who wait in one lane.

First who has the better priority, a second of waiting being worth a step; among equals
whoever has the least going on; then who came first.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inference.types import Request


class Asked(Protocol):
    """A request in the engine, and when it came."""

    @property
    def request(self) -> Request: ...
    @property
    def submitted_s(self) -> float: ...


One = TypeVar("One", bound=Asked)


def in_turn(waiting: Iterable[One], running: Iterable[One], now: float) -> list[One]:
    """Return the entries in the order in which they go; see the module's own words.

    What a user has going on counts what runs and what goes before in the same order.
    """
    n_of = Counter(entry.request.user for entry in running)
    ranked = []
    for entry in sorted(waiting, key=lambda e: (_step(e, now), e.submitted_s)):
        user = entry.request.user
        ranked.append((_step(entry, now), n_of[user] if user else 0, entry))
        n_of[user] += 1
    ranked.sort(key=lambda row: (row[0], row[1], row[2].submitted_s))
    return [entry for *_, entry in ranked]


def _step(entry: Asked, now: float) -> int:
    """Return the priority, one step better for every second waited; 0 is the best."""
    waited_s = max(0.0, now - entry.submitted_s)
    return max(0, entry.request.priority - int(waited_s))
