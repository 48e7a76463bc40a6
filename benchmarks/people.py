"""People who write: a socket each, and when everything came that they were told."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.server import LiveServer, Person

PATIENCE_S = 30.0


@dataclass(slots=True)
class Told:
    """One message: when it was sent, and when each thing about it came (monotonic s)."""

    id: str
    sent_s: float
    ack_s: float | None = None
    emotion_s: float | None = None
    first_s: float | None = None
    whole_s: float | None = None
    conversation: str = ""
    reply: str = ""
    reason: str = ""
    error: str = ""
    error_s: float | None = None
    n_finished: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def ms(self, what: str) -> float | None:
        """Return how long `ack`, `emotion`, `first`, `whole` or `error` took."""
        at_s = getattr(self, f"{what}_s")
        return None if at_s is None else 1000 * (at_s - self.sent_s)


class Writer:
    """One person's open page."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.told: dict[str, Told] = {}
        self._by_reply: dict[str, Told] = {}
        self._ready, self._snapshot = asyncio.Event(), asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def ready(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self._ready.wait()

    async def say(self, text: str, conversation: str | None = None) -> Told:
        """Send a message, and go on; without a conversation, in a new one."""
        told = Told(str(uuid.uuid4()), time.monotonic())
        self.told[told.id] = told
        frame = {
            "type": "message.send",
            "id": told.id,
            "request": told.id,
            "text": text,
        }
        if conversation:
            frame["conversation"] = conversation
        with suppress(
            ConnectionClosed
        ):  # then it is never answered, and counts as lost
            await self._socket.send(json.dumps(frame))
        return told

    async def ask(self, text: str, conversation: str | None = None) -> Told:
        """Send a message and wait until its reply is whole, or it was refused.

        After PATIENCE_S it is given up: then neither is so.
        """
        told = await self.say(text, conversation)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await told.over.wait()
        return told

    async def open(self, conversation: str) -> float:
        """Subscribe as a newcomer; return how many ms the snapshot took."""
        self._snapshot.clear()
        start_s = time.monotonic()
        frame = {"type": "subscribe", "conversation": conversation}
        await self._socket.send(json.dumps(frame))
        async with asyncio.timeout(PATIENCE_S):
            await self._snapshot.wait()
        return 1000 * (time.monotonic() - start_s)

    async def close(self) -> None:
        await self._socket.close()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                self._note(json.loads(text), time.monotonic())
        except ConnectionClosed:
            pass  # what did not come is counted as lost

    def _note(self, frame: dict[str, Any], now_s: float) -> None:
        kind = frame["type"]
        if kind == "ready":
            self._ready.set()
        elif kind == "snapshot":
            self._snapshot.set()
            for turn in frame["messages"]:
                self._note_turn(turn, now_s)
        elif kind in ("ack", "error"):
            self._note_answer(frame, now_s)
        elif kind == "message.classified":
            told = self.told.get(frame["message"])
            if told and told.emotion_s is None:
                told.emotion_s = now_s
        elif kind in ("reply.delta", "reply.finished"):
            self._note_reply(frame, now_s)

    def _note_turn(self, turn: dict[str, Any], now_s: float) -> None:
        """Take what the layer lost, and the server heals by a snapshot."""
        told = self.told.get(turn["id"])
        if told is None:
            return
        if turn["classifications"]:
            told.emotion_s = told.emotion_s or now_s
        for reply in turn["replies"]:
            has_ended = reply["state"] not in ("pending", "running")
            if reply["id"] == told.reply and has_ended and not told.n_finished:
                told.first_s = told.first_s or now_s
                self._note_end(told, reply.get("reason", ""), now_s)

    def _note_answer(self, frame: dict[str, Any], now_s: float) -> None:
        told = self.told.get(frame.get("request", ""))
        if told is None:
            return
        if frame["type"] == "error":
            told.error, told.error_s = frame["code"], now_s
            told.over.set()
            return
        told.ack_s, told.conversation = now_s, frame["conversation"]
        told.reply = frame["reply"]
        self._by_reply[told.reply] = told

    def _note_reply(self, frame: dict[str, Any], now_s: float) -> None:
        told = self._by_reply.get(frame["reply"])
        if told is None:
            return
        if frame["type"] == "reply.delta":
            told.first_s = told.first_s or now_s
            return
        self._note_end(told, frame["reason"], now_s)

    def _note_end(self, told: Told, reason: str, now_s: float) -> None:
        told.n_finished += 1
        told.whole_s, told.reason = told.whole_s or now_s, reason
        told.over.set()


@asynccontextmanager
async def open_pages(
    server: LiveServer, people: Sequence[Person]
) -> AsyncIterator[list[Writer]]:
    """Open a page for each of them; close all in the end."""
    writers: list[Writer] = []
    try:
        for person in people:
            cookie = f"sessionid={person.session_key}"
            headers = {"Cookie": cookie, "Origin": server.url}
            socket = await connect(
                server.ws_url, additional_headers=headers, max_size=None
            )
            writers.append(Writer(socket))
            await writers[-1].ready()
        yield writers
    finally:
        await asyncio.gather(*(writer.close() for writer in writers))
