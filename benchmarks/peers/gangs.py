"""Gang batching: collect for a moment, run together, let nobody join meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

COLLECT_S = 0.01
SHORT_COLLECT_S = 0.002  # for peers whose whole work takes but a few milliseconds
MAX_ROWS = 32

END = object()
Row = tuple[int, Any]
Emit = Callable[[Sequence[Row]], None]
RunGang = Callable[[Sequence[Any], Emit], None]


class Gangs:
    """Runs requests in gangs of up to 32, one gang at a time, in a thread of its own.

    `run_gang(requests, emit)` may emit any number of (row, item); a row ends with
    (row, END), or at the latest when `run_gang` returns.
    """

    def __init__(self, run_gang: RunGang, collect_s: float = COLLECT_S) -> None:
        self._run_gang, self._collect_s = run_gang, collect_s
        self._waiting: asyncio.Queue[tuple[Any, asyncio.Queue[Any]]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def stream(self, request: Any) -> AsyncIterator[Any]:
        """Yield what the gang emits for this request; raise what ended the gang."""
        if self._task is None:
            self._task = asyncio.create_task(self._run_forever())
        mailbox: asyncio.Queue[Any] = asyncio.Queue()
        self._waiting.put_nowait((request, mailbox))
        while (item := await mailbox.get()) is not END:
            if isinstance(item, Exception):
                raise item
            yield item

    async def _run_forever(self) -> None:
        while True:
            gang = [await self._waiting.get()]
            await asyncio.sleep(self._collect_s)
            while not self._waiting.empty() and len(gang) < MAX_ROWS:
                gang.append(self._waiting.get_nowait())
            await self._run(gang)

    async def _run(self, gang: Sequence[tuple[Any, asyncio.Queue[Any]]]) -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def deliver(rows: Sequence[Row]) -> None:
            for row, item in rows:
                gang[row][1].put_nowait(item)

        def emit(rows: Sequence[Row]) -> None:
            loop.call_soon_threadsafe(deliver, rows)

        def work() -> None:
            last: Any = END
            try:
                self._run_gang([request for request, _ in gang], emit)
            except Exception as error:  # noqa: BLE001  (raised where it is awaited)
                last = error
            emit([(row, last) for row in range(len(gang))])
            loop.call_soon_threadsafe(done.set)

        threading.Thread(target=work, daemon=True).start()
        await done.wait()
