"""What Django checks, and what is then awaited outside of it, where it holds no thread.

A view hands a job over and returns; its answer is held back until the job has the body.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING, Any

from chat.api.problems import CONTENT_TYPE, body_of, headers_of
from chat.api.waiting import or_gone, with_length
from chat.errors import ChatError, Internal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from django.http import HttpRequest

    from chat.api.waiting import Application, Message, Receive, Scope, Send

    Body = dict[str, Any]
    Job = Callable[[], Coroutine[Any, Any, Body]]

logger = logging.getLogger(__name__)

SLOT = "emochat.later"


def hand_over(request: HttpRequest, job: Job) -> bool:
    """Have the job awaited after the answer; False where nobody is there who would."""
    jobs: list[Job] | None = getattr(request, "scope", {}).get(SLOT)
    if jobs is None:  # another server in front of Django, or a test's client
        return False
    jobs.append(job)
    return True


async def answer_later(
    application: Application, scope: Scope, receive: Receive, send: Send
) -> None:
    """Let the application answer; where it handed a job over, answer with that."""
    jobs: list[Job] = []
    held: list[Message] = []

    async def hold(message: Message) -> None:
        held.append(message)

    await application({**scope, SLOT: jobs}, receive, hold)
    if jobs and held:
        running = asyncio.create_task(_answer(held[0], jobs[0]()))
        held = await or_gone(running, receive) or held
    for message in held:
        await send(message)


async def _answer(start: Message, job: Awaitable[Body]) -> list[Message]:
    try:
        status, headers, body = start["status"], {}, await job
    except ChatError as error:
        status, headers, body = error.status, headers_of(error), body_of(error)
    except Exception:  # as DRF's handler would
        logger.exception("a request that was answered later failed")
        status, headers, body = Internal.status, {}, body_of(Internal())
    content = json.dumps(body, ensure_ascii=False).encode()
    if status != start["status"]:
        headers["Content-Type"] = CONTENT_TYPE
    start = with_headers({**start, "status": status}, headers)
    return [
        with_length(start, len(content)),
        {"type": "http.response.body", "body": content},
    ]


def with_headers(start: Message, headers: dict[str, str]) -> Message:
    new = {name.lower().encode(): value.encode() for name, value in headers.items()}
    kept = [(n, v) for n, v in start["headers"] if n.lower() not in new]
    return {**start, "headers": [*kept, *new.items()]}
