"""What no client should send: answered, or the socket is closed with a reason."""

from __future__ import annotations

import asyncio
import json
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.chat.test_frames import BAD
from tests.wire import Client, open_socket

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.server import LiveServer

CLOSE_BAD_FRAMES = 4400
CLOSE_TOO_BIG = 1009
CLOSE_TOO_FAST = 4429


async def errors(client: Client, n: int) -> list[dict[str, Any]]:
    """Wait until so many errors have arrived; return them."""
    await client.wait(lambda _: len(client.of_type("error")) >= n)
    return client.of_type("error")


async def is_alive(client: Client) -> bool:
    return (await client.answer(type="ping"))["type"] == "pong"


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_frame_is_answered_and_the_socket_lives(
    live_server_process: LiveServer, new_person: People, name: str
) -> None:
    async with open_socket(live_server_process, new_person.same()) as client:
        frame = BAD[name]
        await client.socket.send(b"\x00\xff" if frame is None else frame)
        (error,) = await errors(client, 1)
        expected = "too_long" if frame and len(frame) > 64 * 1024 else "bad_request"
        assert error["code"] == expected
        assert error["message"]
        assert await is_alive(client)


async def test_an_error_names_the_request(
    live_server_process: LiveServer, new_person: People
) -> None:
    async with open_socket(live_server_process, new_person.same()) as client:
        for frame in ({"type": "dance"}, {"type": None}, {}, {"type": "message.send"}):
            assert (await client.answer(**frame))["code"] == "bad_request"
        assert (await client.answer(type="ping"))["type"] == "pong"


async def test_commands_check_their_fields(
    live_server_process: LiveServer, new_person: People
) -> None:
    somebody, unknown = new_person.same(), str(uuid.uuid4())
    bad = [
        {"type": "subscribe"},
        {"type": "subscribe", "conversation": 5},
        {"type": "reply.stop", "reply": "x"},
        {"type": "reply.regenerate"},
        {"type": "emotion.correct", "message": unknown, "label": "rage"},
        {"type": "reply.feedback", "reply": unknown, "value": 7},
    ]
    missing = [
        {"type": "subscribe", "conversation": unknown},
        {"type": "reply.stop", "reply": unknown},
        {"type": "reply.regenerate", "message": unknown},
        {"type": "emotion.correct", "message": unknown, "label": "joy"},
        {"type": "reply.feedback", "reply": unknown, "value": 1},
        {"type": "message.send", "id": unknown, "text": "a", "conversation": unknown},
    ]
    async with open_socket(live_server_process, somebody) as client:
        for frame in bad:
            assert (await client.answer(**frame))["code"] == "bad_request", frame
        for frame in missing:
            assert (await client.answer(**frame))["code"] == "not_found", frame


async def test_a_frame_of_half_a_mebibyte_is_too_long(
    live_server_process: LiveServer, new_person: People
) -> None:
    async with open_socket(live_server_process, new_person.same()) as client:
        frame = {"type": "message.send", "id": str(uuid.uuid4()), "text": "x" * 500_000}
        await client.socket.send(json.dumps(frame))
        (error,) = await errors(client, 1)
        assert error["code"] == "too_long"
        assert await is_alive(client)


async def test_ten_mebibytes_close_the_socket_with_a_reason(
    live_server_process: LiveServer, new_person: People
) -> None:
    async with open_socket(live_server_process, new_person.same()) as client:
        with_reason = asyncio.create_task(client.closed())
        with suppress(ConnectionClosed):  # before all of it was sent
            await client.socket.send("x" * 10_000_000)
        assert await with_reason == CLOSE_TOO_BIG


async def test_the_tenth_bad_frame_closes(
    live_server_process: LiveServer, new_person: People
) -> None:
    async with open_socket(live_server_process, new_person.same()) as client:
        for _ in range(9):
            await client.socket.send("{")
        assert len(await errors(client, 9)) == 9
        assert await is_alive(client)
        await client.socket.send("{")
        assert await client.closed() == CLOSE_BAD_FRAMES
        assert len(client.of_type("error")) == 10


async def test_a_flood_closes_and_nobody_else_notices(
    live_server_process: LiveServer, new_person: People
) -> None:
    quiet, loud = new_person(), new_person()
    async with (
        open_socket(live_server_process, quiet) as hers,
        open_socket(live_server_process, loud) as flood,
    ):
        for _ in range(400):
            await flood.socket.send('{"type":"ping"}')
        assert await flood.closed() == CLOSE_TOO_FAST
        assert await is_alive(hers)
        ack = await hers.say("I am fine.")
        assert (await hers.finished(ack["reply"]))["reason"] in ("stop", "length")


async def test_nothing_of_it_is_a_traceback(live_server_process: LiveServer) -> None:
    """Runs in any order: whatever came before must not have broken a handler."""
    assert "Traceback" not in live_server_process.log.read_text()
