"""A client of the event stream, as small as can be: raw bytes, so that it can be cut."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.server import LiveServer

Frame = dict[str, Any]
TIMEOUT_S = 20


@dataclass
class Listener:
    """One connection: its status, and the frames with their ids as they come."""

    reader: asyncio.StreamReader
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    frames: list[Frame] = field(default_factory=list)
    n_comments: int = 0
    last_id: str = ""

    async def _head(self) -> None:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        line, *fields = head.strip().split("\r\n")
        self.status = int(line.split()[1])
        pairs = (field.split(": ", 1) for field in fields)
        self.headers = {name.lower(): value for name, value in pairs}

    async def _chunk(self) -> bytes:
        size = int(await self.reader.readline(), 16)
        chunk = await self.reader.readexactly(size)
        await self.reader.readline()
        return chunk

    async def __aiter__(self) -> AsyncIterator[Frame]:
        """Yield frames until the server ends the stream."""
        text = ""
        while chunk := await asyncio.wait_for(self._chunk(), TIMEOUT_S):
            text += chunk.decode()
            while "\n\n" in text:
                block, text = text.split("\n\n", 1)
                if frame := self._block(block):
                    yield frame

    def _block(self, block: str) -> Frame | None:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        self.n_comments += block.startswith(":")
        if "data" not in fields:
            return None
        frame = json.loads(fields["data"])
        assert frame["type"] == fields["event"]
        self.last_id = fields.get("id", self.last_id)
        assert fields.get("id", "") == str(frame.get("seq", ""))
        self.frames.append(frame)
        return frame

    async def body(self) -> Any:
        length = int(self.headers.get("content-length", 0))
        if length:
            return json.loads(await self.reader.readexactly(length))
        parts = []
        while chunk := await self._chunk():
            parts.append(chunk)
        return json.loads(b"".join(parts))


@asynccontextmanager
async def listening(
    server: LiveServer, conversation: str, token: str, last_id: str = "", **headers: str
) -> AsyncIterator[Listener]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    fields = {"Host": f"127.0.0.1:{server.port}", **headers}
    if token:
        fields["X-Session-Token"] = token
    if last_id:
        fields["Last-Event-ID"] = last_id
    path = f"/api/v1/conversations/{conversation}/events/"
    lines = [f"GET {path} HTTP/1.1", *(f"{n}: {v}" for n, v in fields.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    listener = Listener(reader)
    try:
        await asyncio.wait_for(listener._head(), TIMEOUT_S)
        yield listener
    finally:
        writer.close()


@dataclass
class Shown:
    """What an app shows of one reply, by the rules of docs/websocket.md."""

    text: str = ""
    attempt: int = 0
    is_done: bool = False

    def apply(self, frame: Frame, reply: str) -> None:
        if frame["type"] == "snapshot":
            self._snapshot(frame, reply)
        if frame.get("reply") != reply:
            return
        if frame["type"] == "reply.started" and frame["attempt"] > self.attempt:
            self.text, self.attempt = "", frame["attempt"]
        elif frame["type"] == "reply.delta" and frame["offset"] <= len(self.text):
            self.text = self.text[: frame["offset"]] + frame["text"]
        elif frame["type"] == "reply.finished":
            self.text, self.is_done = frame["text"], True

    def _snapshot(self, frame: Frame, reply: str) -> None:
        if (live := frame.get("live")) and live["reply"] == reply:
            self.text, self.attempt = live["text"], live["attempt"]
        for turn in frame["messages"]:
            for row in turn["replies"]:
                if row["id"] == reply and row["state"] not in ("pending", "running"):
                    self.text, self.is_done = row["text"], True
