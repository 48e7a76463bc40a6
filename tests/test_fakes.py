"""The fakes keep the contract that they stand in for."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from inference.errors import EngineBusy, EngineLost, ModelUnavailable
from inference.types import (
    ClassifyRequest,
    Delta,
    EngineClient,
    Finished,
    GenerateRequest,
)
from tests.fakes import WORDS, FakeEngine

REQUEST = GenerateRequest("a", "hi", "joy")


async def collect(engine, request=REQUEST):
    async with aclosing(engine.generate(request)) as stream:
        events = [event async for event in stream]
    text = "".join(event.text for event in events if isinstance(event, Delta))
    return text, events[-1]


async def test_it_is_an_engine_client():
    engine: EngineClient = FakeEngine()
    await engine.start()
    engine.check_admission()
    text, end = await collect(engine)
    assert text == " ".join(WORDS)
    assert end == Finished("a", "stop", 8, "fake", 1)
    classified = await engine.classify(ClassifyRequest("c", "bert", "sad"))
    assert classified.label == "sadness"
    assert sum(classified.scores.values()) == pytest.approx(1.0)


async def test_it_stalls_until_released():
    engine = FakeEngine(stall_at=4)
    reply = asyncio.create_task(collect(engine))
    await asyncio.sleep(0.05)
    assert engine.running == {"a"}
    engine.release()
    assert (await reply)[0] == " ".join(WORDS)
    assert engine.running == set()


async def test_a_stalled_reply_can_be_stopped():
    engine = FakeEngine(stall_at=4)
    reply = asyncio.create_task(collect(engine))
    await asyncio.sleep(0.05)
    await engine.cancel("a")
    text, end = await reply
    assert (text, end.reason) == ("one two three four", "stopped")


async def test_it_dies_in_the_middle_and_comes_back():
    engine = FakeEngine(stall_at=4)
    reply = asyncio.create_task(collect(engine))
    await asyncio.sleep(0.05)
    engine.die()
    with pytest.raises(EngineLost):
        await reply
    with pytest.raises(EngineLost):
        engine.check_admission()
    engine.revive()
    engine.release()
    assert (await collect(engine))[0] == " ".join(WORDS)


async def test_it_fails_where_told():
    with pytest.raises(ModelUnavailable):
        await collect(FakeEngine(fail=ModelUnavailable("no"), fail_at=2))
    with pytest.raises(ModelUnavailable):
        await FakeEngine(fail=ModelUnavailable("no")).classify(
            ClassifyRequest("c", "bert", "sad")
        )
    with pytest.raises(EngineBusy):
        FakeEngine(is_busy=True).check_admission()


async def test_it_stops_at_the_token_limit():
    text, end = await collect(
        FakeEngine(), GenerateRequest("a", "hi", None, max_new_tokens=3)
    )
    assert (text, end.reason, end.n_tokens) == ("one two three", "length", 3)
