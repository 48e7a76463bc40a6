"""A real server whose replies stop at the fourth word while they are told to."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fakes import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.server import LiveServer

WHOLE_TEXT = " ".join(WORDS)
HALF_TEXT = " ".join(WORDS[:4])


@dataclass(frozen=True)
class ScriptedServer:
    server: LiveServer
    stall: Path

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Hold every reply after its fourth word."""
        self.stall.touch()
        try:
            yield
        finally:
            self.go_on()

    def go_on(self) -> None:
        self.stall.unlink(missing_ok=True)
