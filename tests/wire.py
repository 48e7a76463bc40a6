"""A client of `emochat.v1`, as small as can be."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.server import LiveServer, Person

Frame = dict[str, Any]
TIMEOUT_S = 20


class Client:
    """One socket; keeps every frame that it received."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.frames: list[Frame] = []
        self._reader = asyncio.create_task(self._read())
        self._arrived = asyncio.Event()

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                self.frames.append(json.loads(text))
                self._arrived.set()
        except ConnectionClosedError:
            pass  # whoever waits for a frame, or for the code, is told
        finally:
            self._arrived.set()

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def wait(
        self, match: Callable[[Frame], bool], timeout_s: float = TIMEOUT_S
    ) -> Frame:
        """Return the first frame, old or new, that matches."""
        seen = 0
        async with asyncio.timeout(timeout_s):
            while True:
                for frame in self.frames[seen:]:
                    if match(frame):
                        return frame
                seen = len(self.frames)
                if self._reader.done():
                    raise ConnectionError(f"closed: {self.socket.close_code}")
                self._arrived.clear()
                if len(self.frames) == seen:
                    await self._arrived.wait()

    async def answer(self, **frame: Any) -> Frame:
        """Send a command and return what answers it."""
        request = uuid.uuid4().hex
        await self.send(**frame, request=request)
        return await self.wait(lambda got: got.get("request") == request)

    async def say(self, text: str, **more: Any) -> Frame:
        """Send a message; return its ack or error."""
        more.setdefault("id", str(uuid.uuid4()))
        return await self.answer(type="message.send", text=text, **more)

    async def finished(self, reply: str) -> Frame:
        return await self.wait(
            lambda got: got["type"] == "reply.finished" and got["reply"] == reply
        )

    async def closed(self, timeout_s: float = TIMEOUT_S) -> int | None:
        """Wait until the server has closed the socket; return the code."""
        await asyncio.wait_for(self.socket.wait_closed(), timeout_s)
        return self.socket.close_code

    def of_type(self, kind: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == kind]


@asynccontextmanager
async def open_socket(
    server: LiveServer, person: Person, **options: Any
) -> AsyncIterator[Client]:
    headers = {"Cookie": f"sessionid={person.session_key}", "Origin": server.url}
    async with connect(
        server.ws_url, additional_headers=headers, max_size=None, **options
    ) as socket:
        client = Client(socket)
        yield client
        client._reader.cancel()
