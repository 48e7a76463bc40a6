"""More messages than can be answered soon: refused at once, and not stored."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from tests.faults.conftest import MAX_TURNS
from tests.faults.invariants import in_database
from tests.wire import open_socket

pytestmark = pytest.mark.faults
N_EACH = 6
OVERSHOOT = 16  # those who were let in while others were not claimed yet


def stored(server, ids):
    with server.database() as database:
        query = "SELECT id::text FROM chat_message WHERE id = ANY(%s)"
        return {row[0] for row in database.execute(query, [list(ids)])}


async def until_idle(server):
    """Wait for what another test left running: it has a place of the turns, too."""
    query = "SELECT count(*) FROM chat_reply WHERE state IN ('pending', 'running')"
    with server.database() as database:
        async with asyncio.timeout(60):
            while database.execute(query).fetchone() != (0,):
                await asyncio.sleep(0.2)


async def test_a_burst_is_refused_at_once_and_not_stored(server, people):
    await until_idle(server)
    async with asyncio.timeout(90):
        sent = await asyncio.gather(*(burst(server, person) for person in people))
    answers = {id_: answer for one in sent for id_, answer in one.items()}
    acked = {id_ for id_, answer in answers.items() if answer["type"] == "ack"}
    refused = [answer for answer in answers.values() if answer["type"] == "error"]
    assert {answer["code"] for answer in refused} == {"overloaded"}
    assert all(answer["retryable"] and answer["retry_after"] > 0 for answer in refused)
    assert all(answer["message"].endswith(".") for answer in refused)
    assert stored(server, answers) == acked
    assert MAX_TURNS <= len(acked) <= MAX_TURNS + OVERSHOOT


async def burst(server, person):
    """Send many at once, each in a new conversation; wait until those let in ended."""
    async with open_socket(server, person) as client:
        ids = [str(uuid.uuid4()) for _ in range(N_EACH)]
        answers = await asyncio.gather(
            *(client.say("I am tired", id=id_) for id_ in ids)
        )
        for answer in answers:
            if answer["type"] == "ack":
                await client.wait(
                    lambda f, reply=answer["reply"]: (
                        f["type"] == "reply.finished" and f["reply"] == reply
                    ),
                    60,
                )
        return dict(zip(ids, answers, strict=True))


async def test_what_was_refused_is_taken_under_the_same_id_later(server, people):
    async with open_socket(server, people[0]) as client:
        await asyncio.gather(
            *(client.say("hello") for _ in range(MAX_TURNS + OVERSHOOT))
        )
        id_ = str(uuid.uuid4())
        refused = await client.say("I am tired", id=id_)
        assert refused["code"] == "overloaded"
        while (answer := await client.say("I am tired", id=id_))["type"] == "error":
            await asyncio.sleep(answer["retry_after"])
        assert (await client.finished(answer["reply"]))["reason"] == "stop"
    with server.database() as database:
        assert in_database(database, [id_]) == []
