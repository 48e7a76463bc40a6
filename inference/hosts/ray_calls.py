"""Calls to the replicas of an engine on Ray: to one that Ray chooses, or to all of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ray.exceptions import RayError
from ray.serve.exceptions import RayServeException

from inference.errors import RequestCancelled
from inference.failures import failed
from inference.types import (
    ClassifyRequest,
    Event,
    ExplainRequest,
    Finished,
    GenerateRequest,
    Request,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

UNREACHABLE = (RayError, RayServeException)
ANSWER_S = 4.0  # within which a busy replica answers a heartbeat
GRACE_S = 1.0  # after a deadline that the engine should have kept


async def events_of(
    handle: Any, request: Request, own_id: str
) -> AsyncGenerator[Sequence[Event], None]:
    """Ask one replica; always tells Ray when no more of the answer is wanted."""
    own = replace(request, id=own_id)
    if not isinstance(request, GenerateRequest):
        answer = handle.answer.remote(own)
        try:
            yield (replace(await answer, id=request.id),)
        finally:
            answer.cancel()
        return
    parcels = handle.options(stream=True).generate.remote(own)
    try:
        async for events in parcels:
            yield [replace(event, id=request.id) for event in events]
    finally:
        parcels.cancel()


async def ask_all(handle: Any, method: str, *args: str) -> list[Any]:
    """Call every replica; an exception stands for one that does not answer."""
    with suppress(*UNREACHABLE, TimeoutError):
        response = handle.broadcast(method, *args)
        answers: list[Any] = await response.results_async(
            timeout_s=ANSWER_S, return_exceptions=True
        )
        return answers
    return []


def patience_s(request: Request) -> float:
    """How long until the engine must have ended a request, by its own deadlines."""
    if isinstance(request, ClassifyRequest):
        return 2 * request.queue_timeout_s + GRACE_S
    return request.total_timeout_s + GRACE_S


def stopped(request: Request) -> Event:
    """Return the end of a request that was cancelled before any replica had it."""
    if isinstance(request, ClassifyRequest | ExplainRequest):
        return failed(request.id, RequestCancelled("The request was cancelled."))
    return Finished(request.id, "stopped", 0, "", 0)
