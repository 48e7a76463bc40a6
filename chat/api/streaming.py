"""Server-sent events without a thread a listener: an ASGI application before Django.

It plays a socket's part for `Watching`, so a listener sees the very frames that a
subscribed socket sees, healed in the same way.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from typing import TYPE_CHECKING, Any

from channels.layers import get_channel_layer

from chat import handshake
from chat.api import problems
from chat.api.events import CONTENT_TYPE, RETRY_MS, after_of, event_of
from chat.errors import ChatError, Internal, Unauthenticated
from chat.events import person_group
from chat.perform import in_database
from chat.sessions import authenticate, session_group
from chat.together import until_any_ends
from chat.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from uuid import UUID

    from chat.models import User

    Send = Callable[[Mapping[str, Any]], Awaitable[None]]
    Receive = Callable[[], Awaitable[Mapping[str, Any]]]

logger = logging.getLogger(__name__)

COMMENT_S = 15.0
RECHECK_S = 60.0
HEADERS = {
    "Content-Type": CONTENT_TYPE,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}


class EventStream:
    """One listener: checks who it is, sends the snapshot, then events until it leaves."""

    user: User

    def __init__(self, scope: Mapping[str, Any], send: Send) -> None:
        self.groups: set[str] = set()
        self.watching = Watching(self)
        self._scope = scope
        self._send = send
        self._session_key = handshake.session_key(scope)
        self._has_started = False
        self._said_s = time.monotonic()

    async def run(self, conversation: UUID, receive: Receive) -> None:
        """Return when either side has ended; never raises but for cancellation."""
        self._layer = get_channel_layer()
        self._channel = await self._layer.new_channel()
        try:
            await self._open(conversation)
            await until_any_ends(
                self._pass_on_forever(conversation),
                self.watching.heal_forever(),
                self._keep_alive(),
                _until_gone(receive),
            )
        except ChatError as error:
            await self._refuse(error)
        except Exception:  # a listener's fault ends its stream, told as every other
            logger.exception("an event stream failed")
            await self._refuse(Internal())
        finally:
            for group in tuple(self.groups):
                await self.leave(group)
        await self._body("", is_last=True)

    async def _open(self, conversation: UUID) -> None:
        self.user = await in_database(authenticate, self._session_key)
        await self.join(person_group(self.user.pk))
        await self.join(session_group(self._session_key or ""))
        after = after_of(handshake.header(self._scope, b"last-event-id"))
        await self.watching.subscribe(conversation, after, None)
        self.watching.expect_reply(conversation)

    async def _pass_on_forever(self, conversation: UUID) -> None:
        """Until the session, or the conversation, is over."""
        while True:
            message = await self._layer.receive(self._channel)
            if message["type"] == "session.ended":
                return
            if message["type"] == "conversation.event":
                await self.watching.pass_on(message["frame"])
                if message["frame"]["type"] == "conversation.deleted":
                    return
            if conversation not in self.watching:
                return

    async def _keep_alive(self) -> None:
        """A comment where nothing was said for a while; the session is looked at too."""
        rechecked_s = time.monotonic()
        while True:
            silent_s = time.monotonic() - self._said_s
            await asyncio.sleep(max(0.0, COMMENT_S - silent_s))
            now = time.monotonic()
            if now - self._said_s >= COMMENT_S:
                await self._body(":\n\n")
            if now - rechecked_s >= RECHECK_S:
                rechecked_s = now
                if not await self._is_alive():
                    return

    async def _is_alive(self) -> bool:
        try:
            await in_database(authenticate, self._session_key)
        except Unauthenticated:
            return False
        except ChatError:
            logger.info("session not rechecked: database away")
        return True

    # --- What `Watching` asks of a socket ---

    async def join(self, group: str) -> None:
        self.groups.add(group)
        await self._layer.group_add(group, self._channel)

    async def leave(self, group: str) -> None:
        self.groups.discard(group)
        try:
            await self._layer.group_discard(group, self._channel)
        except OSError:
            logger.warning("channel layer away: a group was not left")

    async def send_frame(
        self, body: dict[str, Any], request: str | None = None
    ) -> None:
        await self._body(event_of(body))

    # --- HTTP ---

    async def _body(self, text: str, *, is_last: bool = False) -> None:
        if not self._has_started:
            await self._start(200, HEADERS)
            text = f"retry: {RETRY_MS}\n\n{text}"
        self._said_s = time.monotonic()
        await self._send(
            {
                "type": "http.response.body",
                "body": text.encode(),
                "more_body": not is_last,
            }
        )

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self._has_started = True
        pairs = [(n.lower().encode(), v.encode()) for n, v in headers.items()]
        start = {"type": "http.response.start", "status": status, "headers": pairs}
        await self._send(start)

    async def _refuse(self, error: ChatError) -> None:
        """A problem, as REST says it; once events flow, the stream just ends."""
        if self._has_started:
            return
        headers = HEADERS | {"Content-Type": problems.CONTENT_TYPE}
        await self._start(error.status, headers | problems.headers_of(error))
        await self._body(json.dumps(problems.body_of(error)))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
