"""Who is cancelled while a transaction runs for them; who asks a database that is away."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError
from psycopg_pool import PoolTimeout

from chat import perform
from chat.perform import DatabaseAway, in_background, in_database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


@pytest.fixture
def known_later() -> Iterator[None]:
    yield
    perform.doubt.clear()


def wait_in_vain() -> None:
    raise OperationalError("no connection") from PoolTimeout("after 3 s")


async def away(service: Callable[[], object]) -> bool:
    with pytest.raises(DatabaseAway):
        await in_database(service)
    return True


async def test_when_one_has_waited_in_vain_the_others_need_not(
    known_later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perform, "DOUBT_S", 3600)
    asked: list[int] = []
    assert await away(wait_in_vain)
    for n in range(20):
        assert await away(lambda n=n: asked.append(n))
    assert asked == []


async def test_then_it_is_asked_again(
    known_later: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perform, "DOUBT_S", 0.01)
    assert await away(wait_in_vain)
    await asyncio.sleep(0.05)
    assert await in_database(lambda: "there") == "there"


async def test_a_lost_connection_is_no_such_sign(known_later: None) -> None:
    tries: list[int] = []

    def lose() -> None:
        tries.append(1)
        raise OperationalError("the server closed the connection")

    assert await away(lose)
    assert len(tries) == perform.N_TRIES
    assert await in_database(lambda: "there") == "there"


async def test_whoever_gets_through_ends_the_doubt(known_later: None) -> None:
    """It had begun before the other gave up."""
    has_begun, let_go = threading.Event(), threading.Event()

    def slow() -> bool:
        has_begun.set()
        return let_go.wait(TIMEOUT_S)

    through = asyncio.create_task(in_database(slow))
    await asyncio.to_thread(has_begun.wait, TIMEOUT_S)
    assert await away(wait_in_vain)
    let_go.set()
    assert await through
    assert await in_database(lambda: "there") == "there"
