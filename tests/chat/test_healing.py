"""What the channel layer loses is healed from Postgres."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from channels.layers import get_channel_layer
from prometheus_client import REGISTRY

from chat import perform, watching
from chat.errors import ChatError
from chat.perform import in_database, publish
from chat.services import reply_queue
from chat.services.messages import correct_emotion
from chat.services.reply_queue import Ending
from tests.chat.cast import claim_next
from tests.chat.in_process import TIMEOUT_S, Socket

if TYPE_CHECKING:
    import uuid
    from collections.abc import AsyncIterator, Callable

    from tests.chat.cast import Somebody

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def socket(alice: Somebody) -> AsyncIterator[Socket]:
    socket = Socket(alice)
    await socket.connect()
    yield socket
    await socket.disconnect()


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make the channel layer lose the events of a type."""
    lost: set[str] = set()
    send = perform._send

    async def send_most(group: str, message: Any) -> None:
        if message["frame"]["type"] not in lost:
            await send(group, message)

    monkeypatch.setattr(perform, "_send", send_most)
    return lost.add


async def correct(who: Somebody, message: uuid.UUID, label: str) -> None:
    done = await in_database(
        correct_emotion, session_key=who.session_key, message_id=message, label=label
    )
    await publish(done.events)


async def begin_and_finish(text: str = "I see.") -> None:
    claim = await in_database(claim_next)
    assert claim is not None
    events = await in_database(
        reply_queue.begin_reply, claim=claim, classified=(), names=(), generator="g"
    )
    await publish(events)
    ending = Ending("stop", text)
    await publish(
        await in_database(reply_queue.finish_reply, claim=claim, ending=ending)
    )


async def test_events_follow_the_snapshot_without_a_gap(
    alice: Somebody, socket: Socket
) -> None:
    accepted = await in_database(alice.sends)
    await socket.subscribe(accepted.conversation)
    await begin_and_finish()
    await socket.until("reply.finished")
    assert socket.seqs() == [1, 2, 3]


async def test_a_gap_is_healed_by_a_snapshot(
    alice: Somebody, socket: Socket, lose: Callable[[str], None]
) -> None:
    accepted = await in_database(alice.sends)
    await socket.subscribe(accepted.conversation)
    lose("reply.started")
    n_healed = REGISTRY.get_sample_value("emochat_layer_gaps_healed_total") or 0
    await begin_and_finish()
    healed = await socket.until("snapshot")
    assert REGISTRY.get_sample_value("emochat_layer_gaps_healed_total") == n_healed + 1
    assert healed["seq"] == 3
    assert "reset" not in healed
    (turn,) = healed["messages"]
    assert turn["replies"][0]["text"] == "I see."
    await correct(alice, accepted.message, "joy")
    assert (await socket.until("message.corrected"))["seq"] == 4
    assert not [frame for frame in socket.frames if frame["type"] == "reply.finished"]


async def test_an_event_that_comes_twice_is_shown_once(
    alice: Somebody, socket: Socket
) -> None:
    accepted = await in_database(alice.sends)
    await socket.subscribe(accepted.conversation)
    for event in accepted.events:
        await publish([event] * 2)
    await begin_and_finish()
    await socket.until("reply.finished")
    assert socket.seqs() == [1, 2, 3]


async def test_the_last_event_of_all_is_healed(
    alice: Somebody,
    socket: Socket,
    lose: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted = await in_database(alice.sends)
    await socket.subscribe(accepted.conversation)
    lose("reply.finished")
    await begin_and_finish()
    await socket.until("reply.started")
    healed = await socket.until("snapshot")  # HEAL_S later, though nothing else comes
    assert healed["messages"][0]["replies"][0]["state"] == "done"


async def test_a_database_away_for_a_moment_loses_no_conversation(
    alice: Somebody,
    socket: Socket,
    lose: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted = await in_database(alice.sends)
    await socket.subscribe(accepted.conversation)

    async def away(*_: Any, **__: Any) -> None:
        raise perform.DatabaseAway

    with monkeypatch.context() as moment:
        moment.setattr(watching, "in_database", away)
        lose("reply.started")
        await begin_and_finish()
        await asyncio.sleep(0.2)
    assert (await socket.until("snapshot"))["seq"] == 3


async def test_a_snapshot_that_is_older_than_the_events_is_not_sent(
    alice: Somebody, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The healer reads while the next events arrive: they must not be undone."""
    accepted = await in_database(alice.sends)
    await socket.subscribe(accepted.conversation)
    read = watching.in_database
    has_read = asyncio.Event()

    async def read_slowly(service: Any, *args: Any, **fields: Any) -> Any:
        body = await read(service, *args, **fields)
        if service is watching.read_snapshot:
            has_read.set()
            await asyncio.sleep(0.5)
        return body

    monkeypatch.setattr(watching, "in_database", read_slowly)
    behind = {accepted.conversation: (2, True)}
    monkeypatch.setattr(watching, "_progress", lambda _: behind)
    late = await in_database(
        correct_emotion,
        session_key=alice.session_key,
        message_id=accepted.message,
        label="joy",
    )
    created = {**accepted.events[0].body, "seq": 1}
    layer, group = get_channel_layer(), f"c.{accepted.conversation.hex}"
    # Seen already, so not sent; but it tells the healer that a reply is on its way.
    await layer.group_send(group, {"type": "conversation.event", "frame": created})
    await asyncio.wait_for(has_read.wait(), TIMEOUT_S)
    await publish(late.events)
    await correct(alice, accepted.message, "love")
    await socket.until("message.corrected")
    await socket.until("message.corrected")
    await asyncio.sleep(0.8)
    assert await socket.wire.receive_nothing()
    assert socket.seqs() == [1, 2, 3]


async def test_a_deleted_conversation_is_let_go(
    alice: Somebody, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chat.services.conversations import delete_conversation

    accepted = await in_database(alice.sends)
    await socket.subscribe(accepted.conversation)
    await in_database(
        delete_conversation,
        session_key=alice.session_key,
        conversation_id=accepted.conversation,
    )
    gap = {
        "type": "reply.started",
        "conversation": str(accepted.conversation),
        "seq": 9,
    }
    layer = get_channel_layer()
    await layer.group_send(
        f"c.{accepted.conversation.hex}", {"type": "conversation.event", "frame": gap}
    )
    await asyncio.sleep(0.2)
    await socket.send(type="ping")
    assert (await socket.until("pong"))["type"] == "pong"


async def test_nothing_of_others_arrives_though_one_asks(
    alice: Somebody, charlie: Somebody
) -> None:
    accepted = await in_database(alice.sends)
    his = Socket(charlie)
    await his.connect()
    await his.send(type="subscribe", conversation=str(accepted.conversation))
    assert (await his.until("error"))["code"] == "not_found"
    await begin_and_finish()
    await his.send(type="ping")
    await his.until("pong")
    assert [frame["type"] for frame in his.frames] == ["ready", "error", "pong"]
    await his.disconnect()


async def test_only_the_latest_hundred_conversations_are_followed(
    alice: Somebody, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MAX_WATCHED", 2)
    sent = [await in_database(alice.sends, str(n)) for n in range(3)]
    for accepted in sent:
        await socket.subscribe(accepted.conversation)
    for accepted in sent:
        await correct(alice, accepted.message, "joy")
    await socket.until("message.corrected")
    second = await socket.until("message.corrected")
    assert second["conversation"] == str(sent[2].conversation)
    told = {
        f["conversation"] for f in socket.frames if f["type"] == "message.corrected"
    }
    assert told == {str(accepted.conversation) for accepted in sent[1:]}


async def test_a_layer_that_is_away_is_no_error(
    alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = get_channel_layer()

    async def fail(*_: Any) -> None:
        raise OSError("away")

    monkeypatch.setattr(layer, "group_send", fail)
    accepted = await in_database(alice.sends)
    try:
        await publish(accepted.events)
    except (OSError, ChatError):  # pragma: no cover
        pytest.fail("a hint must never fail its sender")
