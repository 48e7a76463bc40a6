"""Our in-memory layer keeps what Channels' promises."""

from __future__ import annotations

import asyncio

import pytest

from emochat import layers
from emochat.layers import LocalChannelLayer


@pytest.fixture
def layer() -> LocalChannelLayer:
    return LocalChannelLayer(capacity=2, expiry=0.05)


async def members(layer: LocalChannelLayer, n: int) -> list[str]:
    names = [await layer.new_channel() for _ in range(n)]
    for name in names:
        await layer.group_add("all", name)
    return names


async def received(layer: LocalChannelLayer, name: str) -> dict:
    async with asyncio.timeout(2):
        return await layer.receive(name)


@pytest.mark.asyncio
async def test_each_member_gets_a_copy_in_order(layer):
    names = await members(layer, 3)
    first = {"type": "event", "list": [1]}
    await layer.group_send("all", first)
    await layer.group_send("all", {"type": "event", "list": [2]})
    first["list"].append("changed later")
    for name in names:
        assert (await received(layer, name))["list"] == [1]
        assert (await received(layer, name))["list"] == [2]


@pytest.mark.asyncio
async def test_who_is_full_misses_it_and_nobody_else_does(layer):
    slow, quick = await members(layer, 2)
    for n in range(3):
        await layer.group_send("all", {"type": "event", "n": n})
        assert (await received(layer, quick))["n"] == n
    assert [(await received(layer, slow))["n"] for _ in range(2)] == [0, 1]


@pytest.mark.asyncio
async def test_who_left_gets_nothing(layer):
    stays, leaves = await members(layer, 2)
    await layer.group_discard("all", leaves)
    await layer.group_send("all", {"type": "event"})
    await received(layer, stays)
    assert leaves not in layer.channels


@pytest.mark.asyncio
async def test_what_nobody_fetched_expires(layer, monkeypatch):
    monkeypatch.setattr(layers, "CLEAN_EVERY_S", 0.0)
    (gone,) = await members(layer, 1)
    await layer.group_send("all", {"type": "event"})
    await asyncio.sleep(0.1)
    await layer.group_send("other", {"type": "event"})
    assert gone not in layer.channels
    assert gone not in layer.groups["all"]
