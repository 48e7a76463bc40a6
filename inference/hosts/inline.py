"""The engine in a thread of this process: for tests and for the command line.

A web process should not use it: torch gives up and takes the interpreter's lock some 150
times a step, and beside a busy event loop runs at half of its speed.
"""

from __future__ import annotations

import asyncio
import logging
import math
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ParamSpec

from inference.core import EngineCore
from inference.errors import EngineLost, InferenceError
from inference.failures import failed
from inference.hosts.build import build_core
from inference.hosts.client import HostClient
from inference.hosts.wire import Cancel
from inference.types import EngineStats, Event, Request

if TYPE_CHECKING:
    from inference.config import EngineConfig

logger = logging.getLogger(__name__)

SWITCH_INTERVAL_S = 0.0005
IDLE_WAIT_S = 0.5
JOIN_TIMEOUT_S = 5.0
P = ParamSpec("P")
Report = Callable[[list[Event], EngineStats], None]
End = Callable[[str], None]
Builder = Callable[[Callable[[str], None]], EngineCore]


class EngineThread(threading.Thread):
    """Builds a core and ticks it; both callbacks are called in this thread."""

    def __init__(
        self, build: Callable[[], EngineCore], on_tick: Report, on_end: End
    ) -> None:
        super().__init__(name="emochat-engine", daemon=True)
        self._build = build
        self._on_tick = on_tick
        self._on_end = on_end
        self._inbox: deque[Request | Cancel] = deque()
        self._wake = threading.Event()
        self._is_stopping = False
        self._last_turn_s = math.inf  # loading may take as long as it takes

    @property
    def silent_s(self) -> float:
        """For how long the loop has not turned; it turns at least every IDLE_WAIT_S."""
        return time.monotonic() - self._last_turn_s

    def put(self, command: Request | Cancel) -> None:
        self._inbox.append(command)
        self._wake.set()

    def stop(self) -> None:
        self._is_stopping = True
        self._wake.set()

    def run(self) -> None:
        try:
            core = self._build()
            self._on_tick([], core.stats(time.monotonic()))
            while not self._is_stopping:
                self._last_turn_s = time.monotonic()
                self._turn(core)
            self._on_end("The engine was stopped.")
        except Exception as error:
            logger.exception("the engine's thread ends")
            self._on_end(str(error) or type(error).__name__)

    def _turn(self, core: EngineCore) -> None:
        if not self._inbox:
            self._wake.wait(min(core.pause_s(time.monotonic()), IDLE_WAIT_S))
        self._wake.clear()
        events = self._drain(core)
        events += core.tick(time.monotonic())
        self._on_tick(events, core.stats(time.monotonic()))

    def _drain(self, core: EngineCore) -> list[Event]:
        """Hand the inbox to the core; return what it refused at once."""
        refused: list[Event] = []
        while self._inbox:
            command = self._inbox.popleft()
            if isinstance(command, Cancel):
                core.cancel(command.id)
                continue
            try:
                core.submit(command, time.monotonic())
            except InferenceError as error:
                refused.append(failed(command.id, error))
        return refused


class InlineClient(HostClient):
    """An EngineClient whose engine is a thread of this process.

    `build` makes the core; it is called in the thread, with a callback for progress.
    """

    def __init__(
        self,
        config: EngineConfig,
        on_progress: Callable[[str], None] | None = None,
        build: Builder | None = None,
    ) -> None:
        super().__init__()
        self._build = build or partial(build_core, config)
        self._start_timeout_s = config.start_timeout_s
        self._on_progress = on_progress or (lambda text: None)
        self._thread: EngineThread | None = None
        self._warm: asyncio.Future[None] | None = None
        self._old_interval_s = sys.getswitchinterval()

    async def start(self) -> None:
        """Return once the engine is warm, or raise EngineLost."""
        loop = asyncio.get_running_loop()
        self._warm = loop.create_future()
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._thread = EngineThread(
            build=partial(self._build, _on_loop(loop, self._on_progress)),
            on_tick=_on_loop(loop, self._on_tick),
            on_end=_on_loop(loop, self._on_end),
        )
        self._thread.start()
        try:
            await asyncio.wait_for(self._warm, self._start_timeout_s)
        except TimeoutError as error:
            raise EngineLost("The engine takes too long to start.") from error

    async def close(self) -> None:
        """Let go of the engine; open requests end with EngineLost."""
        if self._thread:
            self._thread.stop()
            await asyncio.to_thread(self._thread.join, JOIN_TIMEOUT_S)
        self._lose("The engine was stopped.")
        sys.setswitchinterval(self._old_interval_s)

    def raise_unless_alive(self, hang_timeout_s: float) -> None:
        """Raise EngineLost where the engine has ended or stands still for so long."""
        thread = self._thread
        if not (thread and thread.is_alive()) or thread.silent_s > hang_timeout_s:
            raise EngineLost("The engine's thread has ended or hangs.")

    def _submit(self, request: Request) -> None:
        self._put(request)

    def _cancel(self, request_id: str) -> None:
        self._put(Cancel(request_id))

    def _put(self, command: Request | Cancel) -> None:
        if self._thread:
            self._thread.put(command)

    def _on_tick(self, events: list[Event], stats: EngineStats) -> None:
        if self._warm and not self._warm.done():
            self._note_ready()
            self._warm.set_result(None)
        self._stats = stats
        self._deliver(events)

    def _on_end(self, message: str) -> None:
        self._lose(message)
        if self._warm and not self._warm.done():
            self._warm.set_exception(EngineLost(message))


def _on_loop(
    loop: asyncio.AbstractEventLoop, call: Callable[P, None]
) -> Callable[P, None]:
    """Return a function for another thread that makes the loop call `call`."""

    def post(*args: P.args, **kwargs: P.kwargs) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(partial(call, *args, **kwargs))

    return post
