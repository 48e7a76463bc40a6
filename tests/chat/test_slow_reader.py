"""A client that does not read costs little, and not for long."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from typing import TYPE_CHECKING

import psutil
from websockets.asyncio.client import connect

from tests.wire import open_socket

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.server import LiveServer

N_TURNS = 40
MAX_GROWTH_BYTES = 64 * 1024 * 1024
TIMEOUT_S = 30


def lengthen(server: LiveServer, conversation: str) -> None:
    """Make the conversation's snapshot some 600 kB long."""
    with server.database() as connection:
        connection.execute(
            "INSERT INTO chat_message (id, user_id, conversation_id, seq, rev, text,"
            " classifiers, created_at) SELECT gen_random_uuid(), user_id, id, 100 + n,"
            " 100 + n, repeat('\U0001f600', 4000), classifiers, now()"
            " FROM chat_conversation, generate_series(1, %s) n WHERE id = %s",
            [N_TURNS, conversation],
        )
        connection.execute(
            "UPDATE chat_conversation SET last_seq = 200 WHERE id = %s", [conversation]
        )


async def test_it_is_dropped_and_memory_is_bounded(
    live_server_process: LiveServer, new_person: People
) -> None:
    server, person = live_server_process, new_person()
    async with open_socket(server, person) as client:
        ack = await client.say("Hello")
        await client.finished(ack["reply"])
        lengthen(server, ack["conversation"])
        process = psutil.Process(server.process.pid)
        before = process.memory_info().rss
        start = server.log.stat().st_size
        headers = {"Cookie": f"sessionid={person.session_key}", "Origin": server.url}
        async with connect(
            server.ws_url, additional_headers=headers, max_size=None, max_queue=1
        ) as deaf:
            ask = {"type": "subscribe", "conversation": ack["conversation"]}
            for _ in range(60):  # 36 MB of answers, none of which is read
                await deaf.send(json.dumps(ask | {"request": uuid.uuid4().hex}))
            deadline = time.monotonic() + TIMEOUT_S
            while b"does not read" not in server.log.read_bytes()[start:]:
                assert time.monotonic() < deadline, "it was not dropped"
                await asyncio.sleep(0.1)
            assert process.memory_info().rss - before < MAX_GROWTH_BYTES
            deaf.transport.abort()
        assert (await client.answer(type="ping"))["type"] == "pong"
