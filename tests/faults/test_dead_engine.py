"""An engine that cannot start: people are told, and their history is there."""

from __future__ import annotations

import uuid

import pytest

from tests.faults.invariants import violations
from tests.faults.page import open_pages
from tests.wire import open_socket

pytestmark = pytest.mark.faults


@pytest.fixture
def break_engine(server):
    """Make the next start of the server one with weights that cannot be loaded."""
    whole = dict(server.env)

    def break_it():
        server.env["EMOCHAT_TEST_DECODER"] = "tests.faults.decoders:broken"
        server.env["EMOCHAT_LEASE_S"] = "1.5"  # people wait eight leases for an engine

    yield break_it
    server.stop()
    server.env = whole


async def test_sends_are_refused_in_words_and_history_is_there(
    server, people, break_engine
):
    alice = people[0]
    async with open_pages(server, [alice]) as [page]:
        await page.send("I am tired")
        assert await page.until(lambda: page.is_settled, 30)
    server.stop()
    break_engine()
    server.start()
    async with open_socket(server, alice) as client:
        id_ = str(uuid.uuid4())
        refused = await client.say("What should I do?", id=id_)
        assert (refused["type"], refused["code"]) == ("error", "model_unavailable")
        assert refused["retryable"]
        assert refused["message"].endswith(".")
        [conversation] = page.shown
        snapshot = await client.answer(type="subscribe", conversation=conversation)
        [turn] = snapshot["messages"]
        assert turn["replies"][0]["text"] == page.replies[0].text
    cookies = {"sessionid": alice.session_key}
    shown = server.get(f"/c/{conversation}/", cookies=cookies)
    assert shown.status_code == 200
    assert page.replies[0].text in shown.text
    assert server.get("/readyz").status_code == 200
    with server.database() as database:
        query = "SELECT count(*) FROM chat_message WHERE id = %s"
        assert database.execute(query, [id_]).fetchone() == (0,)


async def test_replies_that_waited_for_it_in_vain_end(server, people, break_engine):
    async with open_pages(server, people[:3]) as pages:
        for page in pages:
            await page.send("I am tired")
        for page in pages:
            assert await page.until(lambda p=page: p.n_streaming > 0, 20)
        break_engine()
        server.kill()
        server.start()
        for page in pages:
            assert await page.until(lambda p=page: p.is_settled, 60)
        found = violations(server, pages)
    assert [v for v in found if "tracebacks" not in v] == []
    assert {reply.reason for page in pages for reply in page.replies} == {"error"}
