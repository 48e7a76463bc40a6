"""PostgreSQL stopped for ten seconds while people write."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.faults.cluster import Cluster
from tests.faults.invariants import violations
from tests.faults.kill9 import ENV
from tests.faults.page import open_pages
from tests.server import LiveServer

pytestmark = pytest.mark.faults
N_PEOPLE = 6
AWAY_S = 10
EVERY_S = 1.5
ANSWER_WITHIN_S = 15
BACK_WITHIN_S = 5


@pytest.fixture
def cluster():
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def server_of_its_own(cluster):
    server = LiveServer(cluster.socket_dir, cluster.folder / "var", **ENV).start()
    yield server
    server.stop()


async def test_nothing_acked_is_lost_and_what_was_not_is_sent_again(
    cluster, server_of_its_own
):
    server = server_of_its_own
    people = await asyncio.to_thread(server.people, N_PEOPLE)
    async with open_pages(server, people) as pages:
        writing = asyncio.gather(*(write(page, AWAY_S + 4) for page in pages))
        await asyncio.sleep(2)
        await asyncio.to_thread(cluster.stop)
        during = asyncio.create_task(asyncio.to_thread(server.get, "/readyz"))
        await asyncio.sleep(AWAY_S)
        await asyncio.to_thread(cluster.start)
        back_s = time.monotonic()
        assert (await during).status_code == 503
        await until_ready(server)
        assert time.monotonic() - back_s < BACK_WITHIN_S
        answers = await writing
        for page in pages:
            assert await page.until(lambda p=page: p.is_settled, 60)
        assert violations(server, pages) == []
    assert [page.n_opened for page in pages] == [1] * N_PEOPLE
    assert max(answers) < ANSWER_WITHIN_S
    errors = [e for page in pages for sent in page.sent.values() for e in sent.errors]
    assert {error["code"] for error in errors} == {"internal"}
    assert all(e["retryable"] and "database" in e["message"] for e in errors)


async def write(page, duration_s):
    """Send now and then; return the longest time until an ack or an error."""
    longest_s, end_s = 0.0, time.monotonic() + duration_s
    while time.monotonic() < end_s:
        start_s = time.monotonic()
        sent = await page.send("I am tired")
        await page.until(lambda sent=sent: sent.ack or sent.errors, 2 * ANSWER_WITHIN_S)
        longest_s = max(longest_s, time.monotonic() - start_s)
        await asyncio.sleep(EVERY_S)
    return longest_s


async def until_ready(server):
    async with asyncio.timeout(30):
        while (await asyncio.to_thread(server.get, "/readyz")).status_code != 200:
            await asyncio.sleep(0.2)
