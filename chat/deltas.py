"""From tokens to frames: merge what a reply gains into at most 25 deltas a second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MIN_GAP_S = 0.04


class DeltaMerger:
    """Sends text on as `(offset, text)`: the first at once, then merged.

    `text` is all that was added, `offset` counts code points. What was added when
    the stream stalls leaves within MIN_GAP_S.
    """

    def __init__(self, send: Callable[[int, str], Awaitable[None]]) -> None:
        self.text = ""
        self._n_sent = 0
        self._send = send
        self._added = asyncio.Event()

    def add(self, text: str) -> None:
        self.text += text
        self._added.set()

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await self._added.wait()
            self._added.clear()
            offset, self._n_sent = self._n_sent, len(self.text)
            await self._send(offset, self.text[offset:])
            await asyncio.sleep(MIN_GAP_S)
