"""SIGTERM in the middle of streams: sockets are told, replies end or are taken up."""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.invariants import violations
from tests.faults.page import open_pages

pytestmark = pytest.mark.faults
CLOSE_RESTART = 1012


async def test_sockets_close_with_1012_and_running_replies_end(server, people):
    async with open_pages(server, people[:10]) as pages:
        for page in pages:
            await page.send("I am tired")
        for page in pages:
            assert await page.until(lambda p=page: p.n_streaming > 0, 20)
        assert await asyncio.to_thread(server.stop) == 0
        with server.database() as database:
            query = (
                "SELECT count(*) FROM chat_reply WHERE state IN ('pending', 'running')"
            )
            assert database.execute(query).fetchone() == (0,)
        assert {page.close_codes[0] for page in pages} == {CLOSE_RESTART}
        await asyncio.to_thread(server.start)
        for page in pages:
            assert await page.until(lambda p=page: p.is_settled, 60)
        assert violations(server, pages) == []
    replies = [reply for page in pages for reply in page.replies]
    assert {(reply.reason, reply.attempt) for reply in replies} == {("stop", 1)}
