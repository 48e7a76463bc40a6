"""Blocking calls that may never return, beside an event loop that must be able to end."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
R = TypeVar("R")


async def in_daemon(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run the call in a thread that nobody waits for at the end of the process.

    A thread of asyncio's own pool would keep the process from ending.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[R] = loop.create_future()

    def run() -> None:
        outcome: Future[R] = Future()
        try:
            outcome.set_result(call(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 (it is passed on)
            outcome.set_exception(error)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(_pass_on, outcome, done)

    threading.Thread(target=run, daemon=True).start()
    return await done


def _pass_on(outcome: Future[R], done: asyncio.Future[R]) -> None:
    if done.cancelled():
        return
    if error := outcome.exception():
        done.set_exception(error)
    else:
        done.set_result(outcome.result())
