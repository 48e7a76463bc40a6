"""A person's page without a browser: it sends, shows, reconnects, heals and resends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tests.faults.shown import Frame, ShownConversation, ShownReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from tests.server import LiveServer, Person

CANARY = re.compile(r"CANARY-[0-9a-f]+")
RETRY_S = (0.1, 0.4)
RESEND_AFTER_S = 1.0


@dataclass
class Sent:
    """A message that this page sent, until and after its ack."""

    id: str
    text: str
    conversation: str | None = None
    ack: Frame | None = None
    errors: list[Frame] = field(default_factory=list)
    n_sends: int = 0
    acked_s: float = 0.0


class Page:
    """One socket at a time, opened again for as long as the page is open."""

    def __init__(self, server: LiveServer, person: Person) -> None:
        self.server = server
        self.person = person
        self.canary = f"CANARY-{uuid.uuid4().hex}"
        self.sent: dict[str, Sent] = {}
        self.shown: dict[str, ShownConversation] = defaultdict(ShownConversation)
        self.close_codes: list[int | None] = []
        self.log_start = server.log.stat().st_size
        self.is_deaf = False
        self.n_opened = 0
        self.opened_s = 0.0
        self._complaints: list[str] = []
        self._socket: ClientConnection | None = None
        self._changed = asyncio.Event()

    @property
    def complaints(self) -> list[str]:
        return self._complaints + [
            complaint for shown in self.shown.values() for complaint in shown.complaints
        ]

    def reply_to(self, sent: Sent) -> ShownReply | None:
        """The reply to an acknowledged message, as the page shows it."""
        if sent.ack is None:
            return None
        return self.shown[sent.ack["conversation"]].replies.get(sent.ack["reply"])

    @property
    def replies(self) -> list[ShownReply]:
        return [r for shown in self.shown.values() for r in shown.replies.values()]

    @property
    def n_streaming(self) -> int:
        return sum(reply.is_streaming for reply in self.replies)

    @property
    def is_settled(self) -> bool:
        """Every message has its ack, and every reply its end."""
        replies = [self.reply_to(sent) for sent in self.sent.values()]
        return all(reply is not None and reply.has_ended for reply in replies)

    async def send(self, words: str, conversation: str | None = None) -> Sent:
        """Send at once if there is a line; in any case keep it until its ack."""
        sent = Sent(str(uuid.uuid4()), f"{self.canary} {words}", conversation)
        self.sent[sent.id] = sent
        await self._transmit(sent)
        return sent

    def lose_line(self) -> None:
        """End the connection without a word, as a lost network does in the end."""
        if self._socket:
            self._socket.transport.abort()

    async def until(self, is_so: Callable[[], bool], timeout_s: float) -> bool:
        """Wait for something that a frame changes; return whether it came about."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not is_so():
                    self._changed.clear()
                    await self._changed.wait()
        return is_so()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await self._live_once()
            await asyncio.sleep(random.uniform(*RETRY_S))

    async def _live_once(self) -> None:
        headers = {
            "Cookie": f"sessionid={self.person.session_key}",
            "Origin": self.server.url,
        }
        async with connect(
            self.server.ws_url,
            additional_headers=headers,
            max_size=None,
            open_timeout=10,
            proxy=None,
        ) as socket:
            try:
                await self._read(socket)
            finally:
                self._socket = None
                self.is_deaf = False
                self.close_codes.append(socket.close_code)
                self._changed.set()

    async def _read(self, socket: ClientConnection) -> None:
        async for text in socket:
            assert isinstance(text, str)
            if self.is_deaf:
                continue
            frame = json.loads(text)
            if set(CANARY.findall(text)) - {self.canary}:
                self._complaints.append(f"I6: somebody else's text in {frame['type']}")
            if frame["type"] == "ready":
                self._socket = socket
                await self._opened()
            await self._take(frame)
            self._changed.set()

    async def _opened(self) -> None:
        self.n_opened += 1
        self.opened_s = time.monotonic()
        for conversation, shown in self.shown.items():
            await self._tell(
                type="subscribe", conversation=conversation, after=shown.seq
            )
        for sent in self.sent.values():
            if sent.ack is None:
                await self._transmit(sent)

    async def _take(self, frame: Frame) -> None:
        kind = frame["type"]
        if kind == "ack":
            self._take_ack(frame)
        elif kind == "error":
            await self._take_error(frame)
        elif kind == "snapshot":
            self.shown[frame["conversation"]["id"]].apply_snapshot(frame)
        elif "conversation" in frame and (
            kind != "conversation.updated" or "seq" in frame
        ):
            await self._apply(frame)

    async def _apply(self, frame: Frame) -> None:
        shown = self.shown[frame["conversation"]]
        shown.apply(frame)
        if shown.must_heal:
            conversation = frame["conversation"]
            await self._tell(
                type="subscribe", conversation=conversation, after=shown.seq
            )

    def _take_ack(self, frame: Frame) -> None:
        sent = self.sent[frame["message"]]
        if sent.ack and sent.ack["reply"] != frame["reply"]:
            self._complaints.append(f"I3: message {sent.id} was acknowledged twice")
        sent.ack = sent.ack or frame
        sent.acked_s = sent.acked_s or time.monotonic()
        shown = self.shown[frame["conversation"]]
        shown.reply_of[sent.id] = frame["reply"]

    async def _take_error(self, frame: Frame) -> None:
        sent = self.sent.get(frame.get("request", ""))
        if sent is None:
            self._complaints.append(f"error {frame['code']} for nothing that was sent")
            return
        sent.errors.append(frame)
        if frame["retryable"]:
            asyncio.get_running_loop().call_later(
                frame.get("retry_after", RESEND_AFTER_S), self._resend, sent
            )

    def _resend(self, sent: Sent) -> None:
        if sent.ack is None and self._socket:
            self._task = asyncio.ensure_future(self._transmit(sent))

    async def _transmit(self, sent: Sent) -> None:
        body: dict[str, Any] = {"id": sent.id, "text": sent.text}
        if sent.conversation:
            body["conversation"] = sent.conversation
        sent.n_sends += self._socket is not None
        await self._tell(type="message.send", request=sent.id, **body)

    async def _tell(self, **frame: Any) -> None:
        if self._socket:
            with contextlib.suppress(WebSocketException, OSError):
                await self._socket.send(json.dumps(frame))


@contextlib.asynccontextmanager
async def open_pages(
    server: LiveServer, people: Sequence[Person], timeout_s: float = 30
) -> AsyncIterator[list[Page]]:
    """A connected page for each person, closed at the end."""
    pages = [Page(server, person) for person in people]
    tasks = [asyncio.create_task(page.run()) for page in pages]
    try:
        opened = [
            page.until(lambda p=page: p.n_opened > 0, timeout_s) for page in pages
        ]
        assert all(await asyncio.gather(*opened)), "a socket did not open"
        yield pages
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
