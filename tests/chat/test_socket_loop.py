"""A socket takes events from the person and from the channel layer, one at a time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.exceptions import StopConsumer

from chat.socket import FrameSocket

TIMEOUT_S = 10


class Watched(FrameSocket):
    """Notes what it handles; each event takes a few turns of the event loop."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.n_inside = self.most_inside = 0
        self.from_person: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def start(self) -> asyncio.Task[None]:
        return asyncio.create_task(self({}, self.from_person.get, _send_nowhere))

    async def dispatch(self, message: dict[str, Any]) -> None:
        self.n_inside += 1
        self.most_inside = max(self.most_inside, self.n_inside)
        try:
            for _ in range(5):
                await asyncio.sleep(0)
            self.handled.append(message["type"])
            if message["type"] == "bad":
                raise ValueError("a handler broke")
            if message["type"] == "long":
                await asyncio.sleep(TIMEOUT_S)
            if message["type"] == "websocket.disconnect":
                raise StopConsumer
        finally:
            self.n_inside -= 1

    async def hear(self, kind: str) -> None:
        await self.channel_layer.send(self.channel_name, {"type": kind})

    async def has_handled(self, kind: str) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while kind not in self.handled:
                await asyncio.sleep(0.001)


async def _send_nowhere(message: dict[str, Any]) -> None:
    pass


@pytest.fixture
async def socket() -> Watched:
    return Watched()


async def test_one_at_a_time_in_the_order_of_each_source(socket: Watched) -> None:
    life = socket.start()
    await asyncio.sleep(0.01)
    for n in range(20):
        socket.from_person.put_nowait({"type": f"said {n}"})
        await socket.hear(f"heard {n}")
    await socket.has_handled("heard 19")
    socket.from_person.put_nowait({"type": "websocket.disconnect"})
    await asyncio.wait_for(life, TIMEOUT_S)
    assert socket.most_inside == 1
    for kind in ("said", "heard"):
        found = [each for each in socket.handled if each.startswith(kind)]
        assert found == [f"{kind} {n}" for n in range(20)]


@pytest.mark.parametrize("where", ["person", "layer"])
async def test_a_handler_that_breaks_ends_it(socket: Watched, where: str) -> None:
    life = socket.start()
    await asyncio.sleep(0.01)
    if where == "person":
        socket.from_person.put_nowait({"type": "bad"})
    else:
        await socket.hear("bad")
    with pytest.raises(ValueError, match="a handler broke"):
        await asyncio.wait_for(life, TIMEOUT_S)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_who_is_cancelled_leaves_no_task(socket: Watched) -> None:
    life = socket.start()
    socket.from_person.put_nowait({"type": "long"})
    await socket.has_handled("long")
    life.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(life, TIMEOUT_S)
    assert socket.n_inside == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}
