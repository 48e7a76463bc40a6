"""`/metrics` of a real server: what it says after something has happened."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chat.models import Reply
from chat.perform import in_database
from tests.chat.scripted import HeldServer
from tests.wire import open_socket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.chat.cast import Somebody
    from tests.server import LiveServer

TOKEN = "let me see"
MAX_TURNS = 3


@pytest.fixture(scope="module")
def scripted(make_server: Callable[..., LiveServer]) -> Iterator[HeldServer]:
    held = HeldServer.start(
        make_server,
        EMOCHAT_METRICS_TOKEN=TOKEN,
        EMOCHAT_MAX_TURNS=str(MAX_TURNS),
    )
    with held.server:
        yield held


def figures(server: LiveServer) -> dict[str, float]:
    """Every sample by its name, with its labels where it has any."""
    answer = server.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    return {
        sample.name
        + "".join(f" {k}={v}" for k, v in sample.labels.items()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def until(server: LiveServer, name: str, value: float) -> dict[str, float]:
    """Ask until a sample has the value; heartbeats come twice a second."""
    async with asyncio.timeout(120):
        while True:
            found = await asyncio.to_thread(figures, server)
            if found.get(name) == value:
                return found
            await asyncio.sleep(0.1)


async def settled(server: LiveServer) -> dict[str, float]:
    """Wait until what another test left has ended, and the engine has told of it."""
    for state in ("pending", "running"):
        await until(server, f"emochat_replies state={state}", 0)
    await asyncio.sleep(1.5)
    return await asyncio.to_thread(figures, server)


async def test_a_reply_leaves_its_figures(scripted: HeldServer) -> None:
    server = scripted.server
    before = await settled(server)
    [alice] = server.people(1)
    async with open_socket(server, alice) as client:
        with scripted.stalled():
            ack = await client.say("I am so sad today.")
            during = await until(server, "emochat_engine_replies_running", 1)
            assert during["emochat_replies state=running"] == 1
            assert during["emochat_engine_slots"] > 1
        await client.finished(ack["reply"])
    finished = before["emochat_engine_requests_total end=finished"] + 1
    after = await until(server, "emochat_engine_requests_total end=finished", finished)
    for name in (
        "emochat_first_word_seconds_count",
        "emochat_engine_first_token_seconds_count",
        "emochat_engine_prompt_batch_size_count",
        "emochat_engine_classify_batch_size_count",
    ):
        assert after[name] == before[name] + 1, name
    n_gaps = "emochat_engine_token_gap_seconds_count"
    assert after[n_gaps] - before[n_gaps] == 8
    assert after["emochat_engine_up"] == 1
    assert after["emochat_replies state=running"] == 0
    assert after["emochat_replies_oldest_pending_seconds"] == 0
    assert "alice" not in server.get("/metrics").text.lower()


async def test_who_waits_and_who_was_refused(scripted: HeldServer) -> None:
    server = scripted.server
    [alice] = server.people(1)
    name = "emochat_refusals_total code=overloaded"
    before = (await settled(server)).get(name, 0)
    async with open_socket(server, alice) as client:
        with scripted.stalled():
            acks = [await client.say("hello") for _ in range(MAX_TURNS)]
            refused = await client.say("one too many")
            assert refused["code"] == "overloaded"
            found = await until(server, "emochat_engine_replies_running", MAX_TURNS)
            assert found[name] == before + 1
            more = await client.say("hm", conversation=acks[0]["conversation"])
            assert more["type"] == "error"
        for ack in acks:
            await client.finished(ack["reply"])


async def test_an_engine_that_comes_back_is_counted(scripted: HeldServer) -> None:
    server = scripted.server
    name = "emochat_engine_restarts_total"
    before = figures(server)[name]
    os.kill(server.engine_pid(), signal.SIGKILL)
    found = await until(server, name, before + 1)
    assert found["emochat_engine_up"] == 1


def test_only_this_machine_or_the_token_may_read(scripted: HeldServer) -> None:
    passed_on = {"X-Forwarded-For": "203.0.113.9"}
    token = {"Authorization": f"Bearer {TOKEN}"}
    wrong = {"Authorization": "Bearer something else"}

    def status(headers: dict[str, str]) -> int:
        return scripted.server.get("/metrics", headers=headers).status_code

    assert status({}) == 200
    assert status(passed_on) == 404
    assert status(passed_on | wrong) == 404
    assert status(passed_on | token) == 200


async def test_the_queue_in_postgres_tells_who_waits(
    transactional_db: None, alice: Somebody
) -> None:
    assert await in_database(Reply.objects.queue_figures) == (0, 0, 0.0)
    await in_database(alice.sends)
    n_pending, n_running, waited_s = await in_database(Reply.objects.queue_figures)
    assert (n_pending, n_running) == (1, 0)
    assert 0 < waited_s < 600
