"""What is refused for want of room is refused from memory, without the database."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from chat import actions, admission
from chat.errors import Conflict, NotFound, Overloaded
from chat.models import Message
from chat.perform import in_database

if TYPE_CHECKING:
    from chat.turns import TurnRunner
    from tests.chat.cast import Somebody
    from tests.fakes import FakeEngine

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("runner"),
]


async def send(who: Somebody, id_: str, text: str = "I miss her.") -> Any:
    return await actions.send_message(
        session_key=who.session_key, data={"id": id_, "text": text}
    )


@pytest.fixture
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(actions, "in_database", away)


@pytest.mark.usefixtures("no_database")
async def test_a_full_engine_refuses_without_the_database(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.is_busy = True
    with pytest.raises(Overloaded):
        await send(alice, str(uuid.uuid4()))


@pytest.mark.usefixtures("no_database")
async def test_without_an_engine_the_database_is_asked(
    alice: Somebody, engine: FakeEngine
) -> None:
    """It may hold the message already, and have an ack for it."""
    engine.is_lost = True
    with pytest.raises(AssertionError, match="was asked"):
        await send(alice, str(uuid.uuid4()))


@pytest.mark.usefixtures("no_database")
async def test_with_room_the_database_is_asked(alice: Somebody) -> None:
    with pytest.raises(AssertionError, match="was asked"):
        await send(alice, str(uuid.uuid4()))


async def test_what_is_being_stored_takes_room(
    alice: Somebody, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMOCHAT_MAX_TURNS = 2
    may_go_on, asked = asyncio.Event(), []

    async def slow(service: Any, **kwargs: Any) -> Any:
        asked.append(kwargs["message_id"])
        await may_go_on.wait()
        return await in_database(service, **kwargs)

    monkeypatch.setattr(actions, "in_database", slow)
    ids = [uuid.uuid4() for _ in range(5)]
    sends = [asyncio.create_task(send(alice, str(one))) for one in ids]
    refused = await asyncio.gather(*sends[2:], return_exceptions=True)
    may_go_on.set()
    taken = await asyncio.gather(*sends[:2])

    assert [type(one) for one in refused] == [Overloaded] * 3
    assert asked == ids[:2] == [one.message for one in taken]


async def test_who_holds_room_is_taken_though_the_last_of_it_goes_meanwhile(
    alice: Somebody, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def filling(service: Any, **kwargs: Any) -> Any:
        engine.is_busy = True
        return await in_database(service, **kwargs)

    monkeypatch.setattr(actions, "in_database", filling)
    id_ = str(uuid.uuid4())
    assert str((await send(alice, id_)).message) == id_


async def test_room_is_given_back_where_nothing_is_stored(
    alice: Somebody, settings: Any, runner: TurnRunner
) -> None:
    settings.EMOCHAT_MAX_TURNS = 1
    elsewhere = {
        "id": str(uuid.uuid4()),
        "text": "I",
        "conversation": str(uuid.uuid4()),
    }
    with pytest.raises(NotFound):
        await actions.send_message(session_key=alice.session_key, data=elsewhere)
    runner.check_admission()


async def test_what_is_stored_has_its_ack_again_though_there_is_no_room(
    alice: Somebody, engine: FakeEngine
) -> None:
    id_ = str(uuid.uuid4())
    first = await send(alice, id_)
    engine.is_busy = True
    again = await send(alice, id_)
    assert (again.is_duplicate, again.reply) == (True, first.reply)
    with pytest.raises(Conflict):
        await send(alice, id_, "Another text.")


async def test_danger_is_taken_though_there_is_no_room(
    alice: Somebody, engine: FakeEngine
) -> None:
    engine.is_busy = True
    id_ = str(uuid.uuid4())
    await send(alice, id_, "I want to kill myself")
    stored = Message.objects.filter(uuid=id_)
    assert await in_database(stored.exists)


async def test_somebody_elses_id_makes_no_room(
    alice: Somebody, charlie: Somebody, engine: FakeEngine
) -> None:
    id_ = str(uuid.uuid4())
    await send(alice, id_)
    engine.is_busy = True
    with pytest.raises(Overloaded):
        await send(charlie, id_)


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "_stored", {})
    monkeypatch.setattr(admission, "MAX_STORED", 3)
    ids = [uuid.uuid4() for _ in range(5)]
    for one in [*ids, ids[-1]]:
        admission.note_stored(one)
    assert list(admission._stored) == ids[2:]
