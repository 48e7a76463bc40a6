"""What every in-process client of an engine does: fan events out to those who wait."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING

from inference.errors import (
    DeadlineExceeded,
    EngineBusy,
    EngineLost,
    InferenceError,
    ModelUnavailable,
)
from inference.types import (
    Classified,
    ClassifyRequest,
    Delta,
    EngineStats,
    Event,
    Failed,
    Finished,
    GenerateRequest,
    Request,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

Mailbox = asyncio.Queue[Event | InferenceError]
_ERRORS = {cls.code: cls for cls in (EngineLost, ModelUnavailable, DeadlineExceeded)}


def error_of(event: Failed) -> InferenceError:
    """Return the exception that a Failed stands for."""
    if event.code == EngineBusy.code:
        return EngineBusy(event.message, event.retry_after_s or 1.0)
    return _ERRORS.get(event.code, InferenceError)(event.message)


class HostClient(ABC):
    """The streams of one event loop; a host brings `_submit` and `_cancel`.

    Everything here runs on that loop. The host calls `_deliver` once a tick, sets `_stats`
    with each sign of life and `_is_ready` with the first, and calls `_lose` when the engine
    is gone.
    """

    def __init__(self) -> None:
        self._open: dict[str, Mailbox] = {}
        self._stats = EngineStats()
        self._n_replies = 0
        self._is_ready = False

    async def classify(self, request: ClassifyRequest) -> Classified:
        """Raise EngineBusy, EngineLost, ModelUnavailable or DeadlineExceeded."""
        with self._opened(request) as mailbox:
            event = _or_raise(await mailbox.get())
        if not isinstance(event, Classified):
            raise InferenceError("The engine answered something else.")
        return event

    async def generate(
        self, request: GenerateRequest
    ) -> AsyncGenerator[Delta | Finished, None]:
        """Yield deltas and last of all one Finished; raise like `classify`."""
        with self._opened(request) as mailbox:
            while True:
                event = _or_raise(await mailbox.get())
                if isinstance(event, Classified):
                    raise InferenceError("The engine answered something else.")
                yield event
                if isinstance(event, Finished):
                    return

    async def cancel(self, request_id: str) -> None:
        """End a reply within one step; its stream then yields Finished("stopped")."""
        if request_id in self._open:
            self._cancel(request_id)

    def check_admission(self) -> None:
        """Raise EngineBusy or EngineLost at once where a new request would be refused."""
        if not self._is_ready:
            raise EngineLost("The engine is starting.")
        stats = self._stats
        n_ahead = max(self._n_replies, stats.n_running + stats.n_queued)
        if n_ahead >= stats.n_slots + stats.max_queued:
            raise EngineBusy(retry_after_s=stats.retry_after_s)

    def stats(self) -> EngineStats:
        return self._stats

    @abstractmethod
    def _submit(self, request: Request) -> None:
        """Hand the request to the engine, without waiting."""

    @abstractmethod
    def _cancel(self, request_id: str) -> None:
        """Hand the wish to the engine, without waiting."""

    @contextmanager
    def _opened(self, request: Request) -> Iterator[Mailbox]:
        """Submit a request for as long as the block runs; leaving early cancels it."""
        if not self._is_ready:
            raise EngineLost("The engine is starting.")
        if request.id in self._open:
            raise ValueError(f"The request {request.id} is already open.")
        self._open[request.id] = mailbox = Mailbox()
        self._n_replies += isinstance(request, GenerateRequest)
        try:
            self._submit(request)
            yield mailbox
        finally:
            self._n_replies -= isinstance(request, GenerateRequest)
            if self._open.get(request.id) is mailbox:
                del self._open[request.id]
                self._cancel(request.id)

    def _deliver(self, events: Iterable[Event]) -> None:
        """Put each event where its request waits; a terminal one closes the request."""
        for event in events:
            is_last = not isinstance(event, Delta)
            mailbox = (
                self._open.pop(event.id, None) if is_last else self._open.get(event.id)
            )
            if mailbox is not None:
                mailbox.put_nowait(event)

    def _lose(self, message: str) -> None:
        """End every open request with EngineLost, and refuse new ones."""
        self._is_ready = False
        self._stats = EngineStats()
        lost, self._open = self._open, {}
        for mailbox in lost.values():
            mailbox.put_nowait(EngineLost(message))


def _or_raise(event: Event | InferenceError) -> Classified | Delta | Finished:
    if isinstance(event, InferenceError):
        raise event
    if isinstance(event, Failed):
        raise error_of(event)
    return event
