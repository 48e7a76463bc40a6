"""A socket in the test's own process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from asgiref.testing import ApplicationCommunicator

from chat.consumers import ChatConsumer

if TYPE_CHECKING:
    import uuid

    from tests.chat.cast import Somebody

TIMEOUT_S = 20
Frame = dict[str, Any]


class Socket:
    """So that what is beside it, as the channel layer, can be made to fail.

    Not channels' own communicator: it keeps database connections from being closed.
    """

    def __init__(self, who: Somebody) -> None:
        headers = [(b"x-session-token", who.session_key.encode())]
        scope = {"type": "websocket", "path": "/ws/chat/", "headers": headers}
        self.wire = ApplicationCommunicator(ChatConsumer.as_asgi(), scope)
        self.frames: list[Frame] = []

    async def connect(self) -> None:
        await self.wire.send_input({"type": "websocket.connect"})
        assert (await self.wire.receive_output(TIMEOUT_S))["type"] == "websocket.accept"
        await self.until("ready")

    async def disconnect(self) -> None:
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wire.wait(TIMEOUT_S)

    async def send(self, **frame: Any) -> None:
        text = json.dumps(frame)
        await self.wire.send_input({"type": "websocket.receive", "text": text})

    async def until(self, kind: str) -> Frame:
        while True:
            frame = json.loads((await self.wire.receive_output(TIMEOUT_S))["text"])
            self.frames.append(frame)
            if frame["type"] == kind:
                return frame

    async def closed(self) -> int:
        """Wait until the server closes; return the code."""
        while (said := await self.wire.receive_output(TIMEOUT_S)) is not None:
            if said["type"] == "websocket.close":
                return said["code"]
        raise AssertionError("unreachable")

    async def subscribe(self, conversation: uuid.UUID) -> Frame:
        await self.send(type="subscribe", conversation=str(conversation))
        return await self.until("snapshot")

    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.frames if "seq" in frame]
