"""Running a service from the event loop, and telling the watchers what it changed."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout

from chat.errors import Unavailable
from chat.events import conversation_group, person_group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chat.events import Event

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

N_TRIES = 2
AWAY = (OperationalError, InterfaceError, PoolTimeout)
DOUBT_S = 1.0  # not asked again for so long after it gave no connection

_slow_work = ThreadPoolExecutor(1, "slow-work")


class DatabaseAway(Unavailable):
    code = "internal"
    message = "Our database is away for a moment. Your text is safe; please try again."


class _Doubt:
    """Whether a thread waited in vain for a connection a moment ago.

    Few threads ask for everybody. Were each request to wait in its turn, the last would
    be told after half a minute what the first knew after three seconds.
    """

    def __init__(self) -> None:
        self._until_s = 0.0

    def run(self, transaction: Callable[[], R]) -> R:
        """Run it, or raise DatabaseAway at once; learn from how it went."""
        if time.monotonic() < self._until_s:
            raise DatabaseAway(retry_after_s=2.0)
        try:
            result = transaction()
        except OperationalError as error:
            if _has_waited(error):
                self._until_s = time.monotonic() + DOUBT_S
            raise
        self.clear()
        return result

    def clear(self) -> None:
        self._until_s = 0.0


def _has_waited(error: Exception) -> bool:
    return isinstance(error.__cause__, PoolTimeout)


doubt = _Doubt()


async def in_database(service: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run one service (one transaction) in a thread, off the event loop.

    Tries once more where the connection was lost: services are idempotent or change
    nothing when their transaction fails. Raises DatabaseAway, within seconds.
    """
    return await _in(_threads(), functools.partial(service, *args, **kwargs))


async def in_background(service: Callable[[], R]) -> R:
    """As `in_database`, one after the other: what may take many seconds."""
    return await _in(_slow_work, service)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    """Few: more of them would keep the event loop from its turn (ADR 0063)."""
    return ThreadPoolExecutor(settings.EMOCHAT_DB_THREADS, "database")


async def _in(threads: ThreadPoolExecutor, transaction: Callable[[], R]) -> R:
    for n_try in range(1, N_TRIES + 1):
        try:
            return await _run(threads, transaction)
        except AWAY as error:
            logger.warning("database: %s", type(error).__name__)
            if n_try == N_TRIES or _has_waited(error):
                raise DatabaseAway(retry_after_s=2.0) from error
    raise AssertionError("unreachable")


async def _run(threads: ThreadPoolExecutor, transaction: Callable[[], R]) -> R:
    """Run it in a thread; who is cancelled meanwhile waits until it is whole.

    asgiref may leave the thread alone then, to change the database after its caller.
    """
    in_thread = database_sync_to_async(
        functools.partial(doubt.run, transaction),
        thread_sensitive=False,
        executor=threads,
    )
    work: asyncio.Future[R] = asyncio.ensure_future(in_thread())
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        work.add_done_callback(_note_failure)
        await asyncio.wait([work])
        raise


def _note_failure(work: asyncio.Future[Any]) -> None:
    """Nobody waits for it any more; unread, asyncio would log it as a surprise."""
    if not work.cancelled() and (error := work.exception()):
        logger.warning("database: %s, after its caller left", type(error).__name__)


async def publish(events: Iterable[Event]) -> None:
    """Send events to whoever watches; a hint only, so a failure is logged, not raised."""
    for event in events:
        message = {"type": "conversation.event", "frame": event.body}
        await _send(conversation_group(event.conversation), message)
        if event.for_person:
            hint = {"type": "person.event", "frame": event.body}
            await _send(person_group(event.user), hint)


async def _send(group: str, message: Mapping[str, object]) -> None:
    try:
        await get_channel_layer().group_send(group, message)
    except Exception:  # the layer is a hint: Postgres heals what it loses
        logger.exception("channel layer: could not send to %s", group.split(".")[0])
