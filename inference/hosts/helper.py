"""The engine in a process of its own, shared by all web processes of a machine.

The client's keeper connects, and connects again: whenever nobody answers it asks its
Supervisor to see to a helper, whenever the helper falls silent it lets go of it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from inference.errors import EngineLost
from inference.hosts.client import HostClient
from inference.hosts.places import HelperPlaces
from inference.hosts.supervisor import Supervisor
from inference.hosts.wire import (
    Bye,
    Cancel,
    Farewell,
    Frame,
    FrameReader,
    Loading,
    LoadingFailed,
    Update,
    WireError,
    pack,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.config import EngineConfig
    from inference.types import Request

logger = logging.getLogger(__name__)

RETRY_S = 0.1
WATCH_S = 0.5
LOADING_SILENCE_S = 30.0  # importing torch may hold the interpreter's lock for long
FAREWELL_TIMEOUT_S = 2.0
READ_BYTES = 2**16


class HelperClient(HostClient):
    """An EngineClient to the machine's helper, which it starts if nobody else has."""

    def __init__(
        self, config: EngineConfig, on_progress: Callable[[str], None] | None = None
    ) -> None:
        super().__init__()
        self._config = config
        self._on_progress = on_progress or (lambda text: None)
        self._places = HelperPlaces(config)
        self._supervisor = Supervisor(config)
        self._keeper: asyncio.Task[None] | None = None
        self._warm: asyncio.Future[None] | None = None
        self._farewell: asyncio.Future[bool] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._n_frames = 0
        self._told = ""

    async def start(self) -> None:
        """Return once the engine is warm, or raise EngineLost.

        After a failure the client goes on trying, with back-off, until `close`.
        """
        self._warm = asyncio.get_running_loop().create_future()
        try:
            self._places.make()
        except OSError as error:
            raise EngineLost(
                f"The engine has no place for its socket: {error}"
            ) from error
        self._keeper = asyncio.create_task(self._keep(), name="engine keeper")
        try:
            await asyncio.wait_for(self._warm, self._config.start_timeout_s)
        except TimeoutError as error:
            raise EngineLost("The engine takes too long to start.") from error

    async def close(self) -> None:
        """Let go of the engine; it ends at once where no other client uses it."""
        is_ending = await self._say_goodbye()
        if self._keeper:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        self._lose("The engine was stopped.")
        if is_ending is False:
            self._supervisor.leave()
            return
        if is_ending:
            self._supervisor.take_over()
        await asyncio.to_thread(self._supervisor.stop, FAREWELL_TIMEOUT_S)

    def _submit(self, request: Request) -> None:
        self._send(request)

    def _cancel(self, request_id: str) -> None:
        self._send(Cancel(request_id))

    def _send(self, frame: Frame) -> None:
        if self._writer and not self._writer.is_closing():
            self._writer.write(pack(frame))

    async def _keep(self) -> None:
        """Stay connected for ever, to whatever helper there is."""
        while True:
            try:
                await asyncio.to_thread(self._supervisor.ensure)
                await self._serve_connection()
            except (OSError, WireError) as error:
                logger.debug("no engine: %s", error)
            except Exception:
                logger.exception("the engine's connection broke")
            if code := self._supervisor.failed_exit_code():
                self._fail_start(f"The engine ended (exit code {code}).")
            await asyncio.sleep(RETRY_S)

    async def _serve_connection(self) -> None:
        """Connect and read until the helper is gone; then every open request is lost."""
        reader, self._writer = await asyncio.open_unix_connection(self._places.socket)
        watcher = asyncio.create_task(self._watch(self._writer), name="engine watcher")
        try:
            await self._read(reader)
        finally:
            watcher.cancel()
            self._writer.close()
            self._writer = None
            self._take_farewell(is_ending=True)
            self._lose("The engine was lost.")

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = FrameReader()
        while chunk := await reader.read(READ_BYTES):
            for frame in frames.feed(chunk):
                self._n_frames += 1
                self._handle(frame)

    async def _watch(self, writer: asyncio.StreamWriter) -> None:
        """Let go of a helper that is silent for too long, and have it killed.

        Counts silent intervals, not time: frames may be waiting unread while this
        process itself was busy.
        """
        silent_s = 0.0
        while silent_s < self._patience_s():
            n_frames = self._n_frames
            await asyncio.sleep(WATCH_S)
            silent_s = silent_s + WATCH_S if n_frames == self._n_frames else 0.0
        await asyncio.to_thread(self._supervisor.kill_hung)
        writer.transport.abort()

    def _patience_s(self) -> float:
        return self._config.hang_timeout_s if self._is_ready else LOADING_SILENCE_S

    def _handle(self, frame: Frame) -> None:
        if isinstance(frame, Update):
            if frame.stats:
                self._note_ready()
                self._stats = frame.stats
            self._deliver(frame.events)
        elif isinstance(frame, Loading):
            self._tell(frame.text)
        elif isinstance(frame, LoadingFailed):
            self._fail_start(frame.message)
        elif isinstance(frame, Farewell):
            self._take_farewell(is_ending=frame.is_ending)

    def _tell(self, text: str) -> None:
        """Pass on what is new; each heartbeat repeats what is not."""
        if text != self._told:
            self._told = text
            self._on_progress(text)

    def _note_ready(self) -> None:
        if not self._is_ready:
            super()._note_ready()
            self._supervisor.note_ready()
        if self._warm and not self._warm.done():
            self._warm.set_result(None)

    def _fail_start(self, message: str) -> None:
        logger.error("%s", message)
        if self._warm and not self._warm.done():
            self._warm.set_exception(EngineLost(message))

    def _take_farewell(self, *, is_ending: bool) -> None:
        if self._farewell and not self._farewell.done():
            self._farewell.set_result(is_ending)

    async def _say_goodbye(self) -> bool | None:
        """Return whether the helper ends now; None where it does not answer."""
        if self._writer is None:
            return None
        self._farewell = asyncio.get_running_loop().create_future()
        self._send(Bye())
        with suppress(TimeoutError):
            return await asyncio.wait_for(self._farewell, FAREWELL_TIMEOUT_S)
        return None
