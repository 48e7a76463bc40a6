"""A decoder for the browser's tests: repeats what was written, and can be held back."""

from __future__ import annotations

import os
from pathlib import Path

from tests.faults.decoders import N_WORDS, SlowEcho

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
