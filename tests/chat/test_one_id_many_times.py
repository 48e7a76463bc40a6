"""One message id, sent fifty times at once over two sockets and the form."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.chat.test_bad_input import Form
from tests.wire import open_socket

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.server import LiveServer


@pytest.mark.parametrize(
    "is_new", [True, False], ids=["a new conversation", "an old one"]
)
async def test_it_is_stored_once(
    live_server_process: LiveServer, new_person: People, is_new: bool
) -> None:
    server, person = live_server_process, new_person()
    message_id, text = str(uuid.uuid4()), "I miss her."
    form = await asyncio.to_thread(Form, server, person)
    path, where = "/send/", {}
    async with (
        open_socket(server, person) as one,
        open_socket(server, person) as other,
    ):
        if not is_new:
            first = await one.say("Hello")
            await one.finished(first["reply"])
            where = {"conversation": first["conversation"]}
            path = f"/c/{first['conversation']}/send/"
        sends = [
            client.say(text, id=message_id, **where)
            for _ in range(21)
            for client in (one, other)
        ]
        posts = [
            asyncio.to_thread(form.post, path, id=message_id, text=text)
            for _ in range(8)
        ]
        acks, pages = await asyncio.gather(
            asyncio.gather(*sends), asyncio.gather(*posts)
        )
        await one.finished(acks[0]["reply"])

    names = ("conversation", "message", "reply", "seq")
    assert len({tuple(ack[name] for name in names) for ack in acks}) == 1
    fresh = [ack for ack in acks if not ack.get("duplicate")]
    assert len(fresh) <= 1
    conversation = acks[0]["conversation"]
    assert {page.headers.get("Location") for page in pages} == {
        f"/c/{conversation}/#turn-{message_id}"
    }
    with server.database() as connection:
        rows = connection.execute(
            "SELECT r.id FROM chat_message m JOIN chat_reply r ON r.message_id = m.key"
            " WHERE m.id = %s",
            [message_id],
        ).fetchall()
    assert [str(row[0]) for row in rows] == [acks[0]["reply"]]
