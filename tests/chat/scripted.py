"""A real server whose replies stop after their first words while they are told to."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server import LiveServer

WHOLE_TEXT = " ".join(WORDS)
HALF_TEXT = " ".join(WORDS[:4])


@dataclass(frozen=True)
class HeldServer:
    """A server whose decoder holds replies back while the file `stall` exists."""

    server: LiveServer
    stall: Path

    @classmethod
    def start(
        cls,
        make_server: Callable[..., LiveServer],
        decoder: str = "tests.fakes:scripted_generator",
        **env: str,
    ) -> HeldServer:
        stall = Path(tempfile.mkdtemp(prefix="emochat-")) / "stall"
        held = {
            "EMOCHAT_TEST_DECODER": decoder,
            "EMOCHAT_TEST_STALL_FILE": str(stall),
        }
        return cls(make_server(**held, **env).start(), stall)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Hold every reply after its first words, four of a scripted one."""
        self.stall.touch()
        try:
            yield
        finally:
            self.go_on()

    def go_on(self) -> None:
        self.stall.unlink(missing_ok=True)
