"""Who is cancelled while a transaction runs for them."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError

from chat.perform import in_background, in_database

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_S = 10
WAYS = [in_database, in_background]


async def cancelled(way: Callable, service: Callable[[], None]) -> None:
    """Cancel it while its thread waits for `let_go`, and let it go."""
    has_begun, let_go = threading.Event(), threading.Event()

    def slow() -> None:
        has_begun.set()
        assert let_go.wait(TIMEOUT_S)
        service()

    task = asyncio.create_task(way(slow))
    await asyncio.to_thread(has_begun.wait, TIMEOUT_S)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=0.05)
    assert not done, "it left before the transaction was whole"
    let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("way", WAYS)
async def test_they_wait_until_it_is_whole(way: Callable) -> None:
    ended: list[bool] = []
    await cancelled(way, lambda: ended.append(True))
    assert ended


@pytest.mark.parametrize("way", WAYS)
async def test_its_failure_is_then_no_surprise(
    way: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OperationalError("the server closed the connection")

    await cancelled(way, fail)
    gc.collect()
    assert caplog.messages == ["database: OperationalError, after its caller left"]
