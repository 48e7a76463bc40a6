"""Decoders for the browser's tests that can be held back: one repeats what was written,
one is the shipped reply model.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.decoders import N_WORDS, SlowEcho

if TYPE_CHECKING:
    from inference.backends import Step
    from inference.generator import T5Generator

STALL_AT = 4


class HeldEcho(SlowEcho):
    """While `stall_file` exists, no reply gets past its fourth word."""

    def __init__(self, step_s: float, stall_file: Path) -> None:
        super().__init__(step_s)
        self.stall_file = stall_file

    def step(self) -> list:
        held = {}
        if self.stall_file.exists():
            held = {i: w for i, w in self.rows.items() if N_WORDS - len(w) == STALL_AT}
        self.rows = {i: w for i, w in self.rows.items() if i not in held}
        steps = super().step()
        self.rows |= held
        return steps


def held_echo() -> HeldEcho:
    step_s = float(os.environ.get("EMOCHAT_TEST_STEP_S", "0.06"))
    return HeldEcho(step_s, Path(os.environ["EMOCHAT_TEST_STALL_FILE"]))


def held_reply_model() -> T5Generator:
    """While the file exists, a reply stays at its fifth token; steps are unhurried.

    By then its first words are seen: of 960 seeds for each of the walk's messages, the
    check of replies let some through with the fourth token at the latest. And a page on
    a busy machine would otherwise show the whole of a reply at once.
    """
    from inference.generator import T5Generator
    from inference.loading import load_reply_model
    from inference.registry import weights_dir

    stall_file = Path(os.environ["EMOCHAT_TEST_STALL_FILE"])

    class Held(T5Generator):
        def step(self) -> list[Step]:
            time.sleep(0.02)
            n_written = max((len(row.written) for row in self._rows), default=0)
            is_held = n_written >= 5 and stall_file.exists()
            return [] if is_held else super().step()

    return Held(load_reply_model(weights_dir("reply")), n_slots=4)
