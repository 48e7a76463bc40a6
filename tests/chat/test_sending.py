"""A message is taken beside its socket: what else the socket says does not wait for it."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from channels.layers import get_channel_layer

from chat import actions
from chat.events import conversation_group
from chat.models import Message
from chat.perform import in_database
from tests.chat.in_process import TIMEOUT_S, Socket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.chat.cast import Somebody

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("runner"),
]


@pytest.fixture
async def socket(alice: Somebody) -> AsyncIterator[Socket]:
    socket = Socket(alice)
    await socket.connect()
    yield socket
    await socket.disconnect()


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The event for which the storing of every message waits."""
    may_go_on = asyncio.Event()

    async def slow(service: Any, **kwargs: Any) -> Any:
        await may_go_on.wait()
        return await in_database(service, **kwargs)

    monkeypatch.setattr(actions, "in_database", slow)
    return may_go_on


async def say(socket: Socket, text: str, **more: Any) -> str:
    id_ = str(uuid.uuid4())
    await socket.send(type="message.send", id=id_, text=text, **more)
    return id_


async def test_a_socket_goes_on_while_a_message_is_stored(
    socket: Socket, stored: asyncio.Event
) -> None:
    await say(socket, "I miss her.")
    await socket.send(type="ping")
    await socket.until("pong")
    stored.set()
    await socket.until("ack")


async def test_a_refusal_does_not_wait_for_the_message_before(
    socket: Socket, stored: asyncio.Event, settings: Any
) -> None:
    settings.EMOCHAT_MAX_TURNS = 1
    await say(socket, "I miss her.", request="first")
    await say(socket, "So much.", request="second")
    error = await socket.until("error")
    stored.set()
    ack = await socket.until("ack")

    assert (error["request"], error["code"]) == ("second", "overloaded")
    assert ack["request"] == "first"


async def test_what_waits_on_one_socket_holds_the_room_of_one(
    socket: Socket, charlie: Somebody, stored: asyncio.Event, settings: Any
) -> None:
    settings.EMOCHAT_MAX_TURNS = 2
    for _ in range(9):
        await say(socket, "Me! Me!")
    await socket.send(type="ping")
    await socket.until("pong")
    sending = actions.send_message(
        session_key=charlie.session_key, data={"id": str(uuid.uuid4()), "text": "I"}
    )
    taken = asyncio.create_task(sending)
    await asyncio.sleep(0)
    stored.set()
    assert (await taken).message


async def test_messages_are_stored_in_the_order_they_came(
    socket: Socket, stored: asyncio.Event
) -> None:
    stored.set()
    await say(socket, "0")
    conversation = (await socket.until("ack"))["conversation"]
    for n in range(1, 5):
        await say(socket, str(n), conversation=conversation)
    for _ in range(1, 5):
        await socket.until("ack")

    kept = Message.objects.filter(conversation=conversation).order_by("seq")
    assert await in_database(lambda: [message.text for message in kept]) == list(
        "01234"
    )


async def test_a_message_is_taken_though_its_socket_closes_meanwhile(
    alice: Somebody, stored: asyncio.Event
) -> None:
    socket = Socket(alice)
    await socket.connect()
    id_ = await say(socket, "I miss her.")
    await asyncio.sleep(0)
    await socket.disconnect()
    stored.set()
    found = Message.objects.filter(uuid=id_, replies__state="done").select_related()
    async with asyncio.timeout(TIMEOUT_S):
        while not (message := await in_database(found.first)):
            await asyncio.sleep(0.02)

    left = get_channel_layer().groups.get(conversation_group(message.conversation_id))
    assert not left
