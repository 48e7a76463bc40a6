"""A snapshot that is read slowly overtakes the deltas that wait for it on their socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.faults.decoders import echo_of
from tests.faults.shown import ShownConversation
from tests.wire import Client, open_socket

if TYPE_CHECKING:
    from tests.server import LiveServer, Person

pytestmark = pytest.mark.faults
TEXT = "the sea was grey and very quiet"
LOCK = "SELECT 1 FROM chat_conversation WHERE id = %s FOR UPDATE"


async def deltas(client: Client, n: int) -> None:
    await client.wait(lambda _: len(client.of_type("reply.delta")) >= n)


async def test_it_changes_nothing_that_was_said(
    server: LiveServer, people: list[Person]
) -> None:
    async with (
        open_socket(server, people[0]) as one,
        open_socket(server, people[0]) as other,
    ):
        with server.database() as rows:
            ack = await one.say(TEXT)
            where = ack["conversation"]
            await deltas(one, 1)
            with rows.transaction():
                rows.execute(LOCK, [where])
                asked = other.answer(type="subscribe", conversation=where)
                asking = asyncio.create_task(asked)
                await deltas(one, 7)
        snapshot = await asking
        await other.finished(ack["reply"])

    shown = ShownConversation()
    shown.apply_snapshot(snapshot)
    after = other.frames[other.frames.index(snapshot) + 1 :]
    first = next(frame for frame in after if frame["type"] == "reply.delta")
    assert len(first["text"]) + first["offset"] < len(snapshot["live"]["text"])
    for frame in after:
        shown.apply(frame)
    assert (shown.complaints, shown.n_gaps) == ([], 0)
    assert shown.replies[ack["reply"]].text == echo_of(TEXT)
