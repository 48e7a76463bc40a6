"""How long a reply will wait for a slot, from what the engine measures of itself.

A round is one tick with a step: each running reply gets a token. So a reply takes as many
rounds as it has tokens, and both means are of what really happened, whatever the machine.
"""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_ROUND_S = 0.005  # hopeful: what was not measured yet shall refuse nobody
FIRST_REPLY_TOKENS = 16.0
SMOOTHING = 0.1


class Pace:
    """Exponential means of a round's seconds and of a reply's tokens."""

    def __init__(self) -> None:
        self.n_rounds = 0
        self._round_s = FIRST_ROUND_S
        self._reply_tokens = FIRST_REPLY_TOKENS

    @property
    def reply_s(self) -> float:
        """How long a reply takes once it has a slot."""
        return self._reply_tokens * self._round_s

    def learn_round(self, took_s: float) -> None:
        self.n_rounds += 1
        self._round_s += SMOOTHING * (took_s - self._round_s)

    def learn_reply(self, n_tokens: int) -> None:
        """Take note of a reply that ended by itself, not by anybody's wish."""
        self._reply_tokens += SMOOTHING * (n_tokens - self._reply_tokens)

    def wait_s(self, started: Iterable[int], n_slots: int, n_before: int) -> float:
        """Return how long a reply waits that has `n_before` others before it in the queue.

        `started` holds the number of the round in which each running reply began.
        Plays the queue through: whoever is next gets the slot that is free first.
        """
        left = [self._rounds_left(began) for began in started]
        free_at = left + [0.0] * (n_slots - len(left))
        if not free_at:
            return math.inf
        heapq.heapify(free_at)
        for _ in range(n_before):
            heapq.heapreplace(free_at, free_at[0] + self._reply_tokens)
        return free_at[0] * self._round_s

    def _rounds_left(self, began: int) -> float:
        """Guess by the mean; one that is longer than the mean may end any time."""
        return max(1.0, self._reply_tokens - (self.n_rounds - began))
