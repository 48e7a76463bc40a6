"""Everything a person can do, one function each: socket, form and REST call these.

Each parses nothing and renders nothing: it runs one service off the event loop, tells
the watchers, and wakes the turns.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

from chat import admission, runtime
from chat.errors import ChatError
from chat.inputs import MessageInput, parse
from chat.metrics import count_refusals
from chat.models import Reply
from chat.perform import in_background, in_database, publish
from chat.services import deletions, messages, replies

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from uuid import UUID

    from chat.models import Deletion
    from chat.services.messages import Accepted, Done

logger = logging.getLogger(__name__)

POLL_S = 0.2


async def send_message(
    *,
    session_key: str | None,
    data: dict[str, Any],
    before_publish: Callable[[Accepted], Awaitable[None]] | None = None,
    in_order: AbstractAsyncContextManager[object] | None = None,
) -> Accepted:
    """Check and accept a message; its reply then runs by itself.

    `before_publish` is awaited after the commit and before anybody is told, so that a
    socket can subscribe and acknowledge first. Where several are sent at a time, they are
    stored `in_order`, that of the calls; what is refused for want of room does not wait.
    Raises ChatError.
    """
    given = parse(MessageInput, data)
    with count_refusals():
        admission.refuse_at_once(given["id"], given["text"])
        async with in_order or nullcontext():
            return await _take(session_key, given, before_publish)


async def _take(
    session_key: str | None,
    given: dict[str, Any],
    before_publish: Callable[[Accepted], Awaitable[None]] | None,
) -> Accepted:
    with admission.hold_room(given["id"], given["text"]) as check_admission:
        accepted = await in_database(
            messages.accept_message,
            session_key=session_key,
            message_id=given["id"],
            text=given["text"],
            conversation_id=given.get("conversation"),
            classifiers=given.get("classifiers"),
            check_admission=check_admission,
        )
        admission.note_stored(accepted.message)
        if before_publish is not None:
            await before_publish(accepted)
        await publish(accepted.events)
        if not accepted.is_duplicate:
            _note_queued(accepted.reply)
    return accepted


async def regenerate_reply(*, session_key: str | None, message_id: UUID) -> Done:
    with count_refusals():
        done = await in_database(
            replies.regenerate_reply,
            session_key=session_key,
            message_id=message_id,
            check_admission=admission.check,
        )
    if done.reply:
        _note_queued(done.reply)
    return done


async def stop_reply(*, session_key: str | None, reply_id: UUID) -> Done:
    done = await in_database(
        replies.stop_reply, session_key=session_key, reply_id=reply_id
    )
    await publish(done.events)
    if runtime.has_started():
        await runtime.runner().stop(reply_id)
    return done


async def correct_emotion(
    *, session_key: str | None, message_id: UUID, label: str
) -> Done:
    done = await in_database(
        messages.correct_emotion,
        session_key=session_key,
        message_id=message_id,
        label=label,
    )
    await publish(done.events)
    return done


async def give_feedback(
    *, session_key: str | None, reply_id: UUID, value: int, note: str
) -> Done:
    done = await in_database(
        replies.give_feedback,
        session_key=session_key,
        reply_id=reply_id,
        value=value,
        note=note,
    )
    await publish(done.events)
    return done


async def delete_account(*, session_key: str | None) -> Deletion:
    """Delete the person's account; the sweep does it where we cannot now.

    Raises Unauthenticated, NotRecent, and whatever keeps the job from being noted.
    """
    job = await in_database(deletions.request_deletion, session_key=session_key)
    try:
        return await in_background(partial(deletions.carry_out, job.id))
    except ChatError as error:
        logger.warning("an account is deleted later: %s", error.code)
        return job


async def wait_until_finished(reply_id: UUID, timeout_s: float) -> bool:
    """Return whether the reply has ended, as soon as it has; holds no thread."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not await in_database(_is_open, reply_id):
            return True
        await asyncio.sleep(POLL_S)
    return False


def _is_open(reply_id: UUID) -> bool:
    return Reply.objects.open().filter(pk=reply_id).exists()


def _note_queued(reply: UUID) -> None:
    if runtime.has_started():
        runtime.runner().note_queued(reply)
