"""Our own base consumer: what stock Channels leaves open.

Stock consumers die of a malformed frame without cleaning up, and hop to one shared
database thread before every event (docs/decisions/0002).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from channels.layers import get_channel_layer

from chat import handshake
from chat.errors import BadRequest, ChatError, Internal, Unauthenticated
from chat.frames import Frame, FrameError, parse_frame
from chat.perform import in_database
from chat.sessions import authenticate
from chat.together import until_any_ends

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from chat.models import User

    Source = Callable[[], Awaitable[dict[str, Any]]]

logger = logging.getLogger(__name__)

CLOSE_BAD_FRAMES = 4400
CLOSE_SIGNED_OUT = 4401
CLOSE_TOO_FAST = 4429
MAX_BAD_FRAMES = 10
MAX_FRAMES = 300
FRAMES_WINDOW_S = 10.0

_running: set[asyncio.Task[None]] = set()  # asyncio itself holds tasks weakly


class FrameSocket(AsyncConsumer):
    """A signed-in JSON socket on which every frame is answered and none is fatal."""

    user: User
    session_key: str | None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.groups: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._n_bad = 0
        self._window_start, self._n_frames = time.monotonic(), 0
        self._is_open = False
        self.scope, self.base_send = scope, send
        self.channel_layer = get_channel_layer()
        self.channel_name = await self.channel_layer.new_channel()
        try:
            with suppress(StopConsumer):
                await self._take_turns(receive, self._hear)
        finally:
            await self._clean_up()

    async def _hear(self) -> dict[str, Any]:
        message: dict[str, Any] = await self.channel_layer.receive(self.channel_name)
        return message

    async def _take_turns(self, *sources: Source) -> None:
        """Dispatch what comes from each source, one event at a time, until one stops.

        Channels' own loop makes a task for each event and is told of its end: three
        turns of the event loop instead of one, which count when it is busy (ADR 0002).
        """
        turn = asyncio.Lock()
        await until_any_ends(*(self._dispatch_from(s, turn) for s in sources))

    async def _dispatch_from(self, source: Source, turn: asyncio.Lock) -> None:
        while True:
            event = await source()
            async with turn:
                await self.dispatch(event)

    async def _clean_up(self) -> None:
        self._is_open = False
        for task in tuple(self._tasks):
            task.cancel()
        for group in tuple(self.groups):
            await self.leave(group)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Hand one event to its handler, without channels' hop to a database thread."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def websocket_connect(self, message: dict[str, Any]) -> None:
        if not handshake.is_allowed(self.scope):
            await self.send({"type": "websocket.close"})
            raise StopConsumer
        offered = self.scope.get("subprotocols", [])
        protocol = {"subprotocol": offered[0]} if offered else {}
        await self.send({"type": "websocket.accept", **protocol})
        self._is_open = True
        self.session_key = handshake.session_key(self.scope)
        try:
            self.user = await in_database(authenticate, self.session_key)
            await self.opened()
        except Unauthenticated:
            await self.close(CLOSE_SIGNED_OUT)
        except ChatError as error:
            await self.send_error(error)
            await self.close(1013)

    async def opened(self) -> None:
        """Called once the socket is open and `user` is known."""

    async def handle(self, frame: Frame) -> None:
        """Do what the frame asks; a ChatError raised here becomes its answer."""
        raise BadRequest(f"Unknown type: {frame.type[:40]}")

    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if not self._is_open:
            return
        if self._is_too_fast():
            await self.close(CLOSE_TOO_FAST)
            return
        try:
            frame = parse_frame(message.get("text"))
        except FrameError as bad:
            await self._answer_error(bad.error, bad.request)
            return
        await self.answered(frame, self.handle(frame))

    async def answered(self, frame: Frame, work: Awaitable[None]) -> None:
        """Await what answers the frame; where it fails, that is the answer."""
        try:
            await work
        except Unauthenticated as error:
            await self._answer_error(error, frame.request)
            await self.close(CLOSE_SIGNED_OUT)
        except ChatError as error:
            await self._answer_error(error, frame.request)
        except Exception:  # a socket outlives what one frame breaks
            logger.exception("frame %s failed", frame.type[:40])
            await self._answer_error(Internal(), frame.request)

    async def _answer_error(self, error: ChatError, request: str | None) -> None:
        await self.send_error(error, request)
        if error.code == BadRequest.code:
            self._n_bad += 1
            if self._n_bad >= MAX_BAD_FRAMES:
                await self.close(CLOSE_BAD_FRAMES)

    def _is_too_fast(self) -> bool:
        now = time.monotonic()
        if now - self._window_start > FRAMES_WINDOW_S:
            self._window_start, self._n_frames = now, 0
        self._n_frames += 1
        return self._n_frames > MAX_FRAMES

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        raise StopConsumer

    async def session_ended(self, message: dict[str, Any]) -> None:
        """The session behind this socket is over: sign-out, new password, lock-out."""
        await self.close(CLOSE_SIGNED_OUT)

    async def send_frame(
        self, body: dict[str, Any], request: str | None = None
    ) -> None:
        if not self._is_open:
            return
        named = {**body, "request": request} if request is not None else body
        text = json.dumps(named, ensure_ascii=False, separators=(",", ":"))
        await self.send({"type": "websocket.send", "text": text})

    async def send_error(self, error: ChatError, request: str | None = None) -> None:
        await self.send_frame({"type": "error", **error.payload()}, request)

    async def close(self, code: int) -> None:
        if self._is_open:
            self._is_open = False
            await self.send({"type": "websocket.close", "code": code})

    async def join(self, group: str) -> None:
        if not self._is_open:  # what outlives the socket joins nothing
            return
        self.groups.add(group)
        await self.channel_layer.group_add(group, self.channel_name)

    async def leave(self, group: str) -> None:
        self.groups.discard(group)
        try:
            await self.channel_layer.group_discard(group, self.channel_name)
        except OSError:
            logger.warning("channel layer away: a group was not left")

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run it beside the socket, no longer than the socket is open."""
        task = self.spawn_to_its_end(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def spawn_to_its_end(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run it beside the socket, and on where the socket closes meanwhile."""
        task = asyncio.create_task(work)
        _running.add(task)
        task.add_done_callback(_running.discard)
        task.add_done_callback(_log_failure)
        return task


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("a socket's task failed", exc_info=error)
