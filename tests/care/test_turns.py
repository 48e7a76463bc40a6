"""Turns whose words are not the model's, or not all of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chat.care import texts
from chat.models import Classification
from chat.perform import in_database
from tests.chat.test_turns import row, send

if TYPE_CHECKING:
    from chat.turns import TurnRunner
    from tests.chat.cast import Somebody
    from tests.fakes import FakeEngine

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("runner"),
]
DANGER = "I want to kill myself"


async def test_a_dangerous_message_is_read_but_not_answered_by_the_model(
    alice: Somebody, engine: FakeEngine
) -> None:
    accepted, watcher = await send(alice, text=DANGER)
    finished = await watcher.finished()
    assert (finished["reason"], finished["care"]) == ("stop", "suicide")
    assert finished["text"] == texts.CARE["suicide"]
    assert "message.classified" in watcher.kinds()
    assert watcher.of_type("reply.delta") == []
    assert engine.generated == []
    reply = await row(accepted)
    assert (reply.state, reply.text) == ("done", texts.CARE["suicide"])
    assert reply.generator == "care:suicide"


async def test_it_waits_for_no_engine(
    alice: Somebody, engine: FakeEngine, runner: TurnRunner
) -> None:
    engine.die()
    _, watcher = await send(alice, text=DANGER)
    finished = await watcher.finished()
    assert finished["text"] == texts.CARE["suicide"]
    assert await in_database(Classification.objects.count) == 0


async def test_slow_classifiers_are_not_waited_for(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.turn.FIXED_READ_S", 0.05)
    engine.classify_s = 30.0
    _, watcher = await send(alice, text=DANGER)
    assert (await watcher.finished())["text"] == texts.CARE["suicide"]


async def test_an_engine_that_comes_back_finds_the_others_waiting(
    alice: Somebody, engine: FakeEngine, runner: TurnRunner
) -> None:
    _, watcher = await send(alice, text="I feel fine.")
    await watcher.finished()
    engine.die()
    _, urgent = await send(alice, text=DANGER)
    await urgent.finished()
    engine.revive()
    _, later = await send(alice, text="I feel fine again.")
    assert (await later.finished())["text"]


async def test_it_says_that_it_is_a_program(
    alice: Somebody, engine: FakeEngine
) -> None:
    _, watcher = await send(alice, text="are you human?")
    finished = await watcher.finished()
    assert finished["text"] == texts.PROGRAM
    assert "care" not in finished


async def test_an_insult_of_the_model_is_replaced_and_ends_it(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.words = ("Oh", "no.", "You", "are", "so", "stupid.", "And", "more.")
    accepted, watcher = await send(alice)
    finished = await watcher.finished()
    assert finished["reason"] == "stop"
    assert finished["text"] in texts.INSTEAD
    assert "stupid" not in watcher.text()
    assert "You" not in watcher.text()
    assert (await row(accepted)).text == finished["text"]
    await asyncio.sleep(0.05)
    assert engine.running == set()


async def test_what_was_held_back_is_in_the_end(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.words = ("I", "hope", "you", "are")
    _, watcher = await send(alice)
    assert (await watcher.finished())["text"] == "I hope you are"
