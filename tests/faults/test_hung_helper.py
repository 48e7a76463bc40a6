"""A helper that stands still is killed and replaced."""

from __future__ import annotations

import asyncio
import os
import signal

import psutil
import pytest

from tests.faults.invariants import violations
from tests.faults.page import open_pages

pytestmark = pytest.mark.faults


async def test_replies_end_and_a_new_helper_takes_over(server, people):
    hung = server.engine_pid()
    async with open_pages(server, people[:5]) as pages:
        for page in pages:
            await page.send("I am tired")
        for page in pages:
            assert await page.until(lambda p=page: p.n_streaming > 0, 20)
        os.kill(hung, signal.SIGSTOP)
        for page in pages:
            assert await page.until(lambda p=page: p.is_settled, 60)
        assert violations(server, pages) == []
    assert {reply.reason for page in pages for reply in page.replies} == {"stop"}
    assert not psutil.pid_exists(hung)
    assert server.engine_pid() != hung


async def test_a_helper_that_hangs_for_a_moment_is_left_alone(server, people):
    helper = server.engine_pid()
    async with open_pages(server, people[:1]) as [page]:
        await page.send("I am tired")
        assert await page.until(lambda: page.n_streaming > 0, 20)
        os.kill(helper, signal.SIGSTOP)
        await asyncio.sleep(2)
        os.kill(helper, signal.SIGCONT)
        assert await page.until(lambda: page.is_settled, 30)
        assert [reply.attempt for reply in page.replies] == [1]
    assert server.engine_pid() == helper
