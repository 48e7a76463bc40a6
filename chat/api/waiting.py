"""`?wait=SECONDS`: the answer comes once the reply has ended, and no thread waits for it.

Django accepts the message as ever. Only then, outside of it, is its answer held back, for
a request inside of Django keeps its thread until it is answered.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import UUID

from chat import handshake
from chat.actions import wait_until_finished
from chat.errors import ChatError
from chat.inputs import MAX_WAIT_S
from chat.perform import in_database
from chat.reads import read_reply_of_session, read_turn_of_session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Message = Mapping[str, Any]
    Scope = dict[str, Any]
    Send = Callable[[Message], Awaitable[None]]
    Receive = Callable[[], Awaitable[Mapping[str, Any]]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = ("pending", "running")


def wait_of(scope: Mapping[str, Any]) -> float:
    """The seconds to wait; 0 for what Django will refuse."""
    query = parse_qs(scope.get("query_string", b"").decode("latin1"))
    try:
        seconds = float(query.get("wait", ["0"])[-1])
    except ValueError:
        return 0.0
    return seconds if 0 < seconds <= MAX_WAIT_S else 0.0


async def answer_when_finished(
    application: Application, scope: Scope, receive: Receive, send: Send
) -> None:
    """Let the application answer; hold a 200 or 201 back until its reply has ended."""
    held: list[Message] = []

    async def hold(message: Message) -> None:
        held.append(message)

    await application(scope, receive, hold)
    if not held:  # the client left before it was answered
        return
    start, body = held[0], b"".join(m.get("body", b"") for m in held[1:])
    if start["status"] in (200, 201):
        waiting = asyncio.create_task(_finished(scope, json.loads(body)))
        ended = await or_gone(waiting, receive)
        body = json.dumps(ended, ensure_ascii=False).encode()
        start = with_length(start, len(body))
    await send(start)
    await send({"type": "http.response.body", "body": body})


async def _finished(scope: Mapping[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """The turn, or the reply, as it is when it has ended or the time is over."""
    replies = body.get("replies", [body])
    latest = replies[-1]
    if latest["state"] not in OPEN:
        return body
    await wait_until_finished(UUID(latest["id"]), wait_of(scope))
    read = read_turn_of_session if "replies" in body else read_reply_of_session
    try:
        return await in_database(read, handshake.session_key(scope), UUID(body["id"]))
    except ChatError:  # signed out, or deleted meanwhile: what was accepted stands
        return body


async def or_gone(waiting: asyncio.Task[Any], receive: Receive) -> Any:
    """What the task returns; None where the client left first, and the task is ended."""
    gone = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({waiting, gone}, return_when=asyncio.FIRST_COMPLETED)
        return waiting.result() if waiting.done() else None
    finally:
        gone.cancel()
        waiting.cancel()


def with_length(start: Message, length: int) -> Message:
    kept = [(n, v) for n, v in start["headers"] if n.lower() != b"content-length"]
    return {**start, "headers": [*kept, (b"content-length", str(length).encode())]}
