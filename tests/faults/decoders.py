"""Decoders for the helper of a real server, named by EMOCHAT_TEST_DECODER.

`slow_echo` takes seconds over a reply, and says each person their own words, so that
a reply which lands in the wrong place shows.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from inference.backends import Admission, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.types import GenerateRequest

N_WORDS = 28


class SlowEcho:
    """A `backends.Generator` that repeats what was written, one word a step.

    EMOCHAT_TEST_STEP_S is the seconds that a step takes (0.08).
    """

    version = "slow echo"

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.rows: dict[str, list[str]] = {}

    def encode(self, request: GenerateRequest) -> list[int]:
        return list(range(1 + len(request.text.split())))

    def admit(self, batch: Sequence[Admission]) -> None:
        for admission in batch:
            request = admission.request
            words = echo_of(request.text).split()[: request.max_new_tokens]
            self.rows[request.id] = [*words[:1], *(f" {word}" for word in words[1:])]

    def step(self) -> list[Step]:
        time.sleep(self.step_s)
        return [self._next(request_id) for request_id in list(self.rows)]

    def release(self, request_id: str) -> None:
        self.rows.pop(request_id, None)

    def reset(self) -> None:
        self.rows.clear()

    def _next(self, request_id: str) -> Step:
        words = self.rows[request_id]
        if not words:
            self.release(request_id)
            return Step(request_id, "", "stop")
        return Step(request_id, words.pop(0))


def echo_of(text: str) -> str:
    """The whole reply to a text."""
    said = text.split() or ["nothing"]
    return " ".join(said[i % len(said)] for i in range(N_WORDS))


def slow_echo() -> SlowEcho:
    return SlowEcho(float(os.environ.get("EMOCHAT_TEST_STEP_S", "0.08")))


def quick_echo() -> SlowEcho:
    return SlowEcho(0.0)


def unhurried_echo() -> SlowEcho:
    """Steps so long that what is asked for during one is heard before the next."""
    return SlowEcho(0.3)


def broken() -> SlowEcho:
    """A model that can not be loaded."""
    raise RuntimeError("these weights are broken")
