"""When an explanation may compute, and how much at once: never so that a chat feels it.

Pure: the clock is passed in. An explanation's work is cut into pieces, and nobody who comes
during one can be served before its end. While nobody has chatted for a while a piece may
be a whole batch, which is how a model is fastest. Else it is short, and while somebody
waits for a word or for a reading, a rest follows that is many times as long. And who has just been
served is about to ask for more, the reply after the reading: for a moment nothing begins.
"""

from __future__ import annotations

import math

QUIET_S = 2.0
PIECE_S = 0.004
LINGER_S = 0.02
SHARE = 0.02  # of the time while others are served
SMOOTHING = 0.3


class SpareTime:
    """Learns how long each model takes for a token; see the module's own words."""

    def __init__(self, token_budget: int) -> None:
        self._token_budget = token_budget
        self._token_s: dict[str, float] = {}
        self._chatted_s = -math.inf
        self._rested_s = -math.inf
        self._is_busy = False

    def note(self, now: float, *, is_busy: bool) -> None:
        """Say whether at this moment anybody waits for something better."""
        self._is_busy = is_busy
        if is_busy:
            self._chatted_s = now

    def pause_s(self, now: float) -> float:
        """Return how long nothing may begin, if nobody waits any more."""
        return max(0.0, self._chatted_s + LINGER_S - now)

    def budget(self, model: str, now: float) -> int:
        """Return how many padded tokens a piece may have; 0 for none now, 1 for one row."""
        rests = now < self._rested_s if self._is_busy else self.pause_s(now) > 0
        if rests:
            return 0
        if now - self._chatted_s >= QUIET_S:
            return self._token_budget
        token_s = self._token_s.get(model, PIECE_S)  # what is not known may be slow
        return max(1, min(self._token_budget, int(PIECE_S / max(token_s, 1e-9))))

    def learn(self, model: str, n_tokens: int, took_s: float, now: float) -> None:
        """Take note of a piece that ended now."""
        self._rested_s = now + took_s * (1 / SHARE - 1)
        if n_tokens:
            token_s = took_s / n_tokens
            known_s = self._token_s.get(model, token_s)
            self._token_s[model] = known_s + SMOOTHING * (token_s - known_s)
