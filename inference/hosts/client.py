"""What every in-process client of an engine does: fan events out to those who wait."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from inference.errors import EngineBusy, EngineLost, InferenceError
from inference.failures import error_of, failed
from inference.scheduler import DOUBT
from inference.types import (
    QUEUE_TIMEOUT_S,
    Classified,
    ClassifyRequest,
    Delta,
    EngineStats,
    Event,
    Explained,
    ExplainRequest,
    Failed,
    Finished,
    GenerateRequest,
    Request,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Iterator

GATHER_S = 0.04  # between two parcels of one reply; nobody reads faster
Mailbox = asyncio.Queue[Event | InferenceError]
Answer = TypeVar("Answer", Classified, Explained)


class HostClient(ABC):
    """The streams of one event loop; a host brings `_submit` and `_cancel`.

    Everything here runs on that loop. The host calls `_deliver` once a tick, sets `_stats`
    with each sign of life, calls `_note_ready` with it, and `_lose` when the engine is gone.
    """

    def __init__(self) -> None:
        self._open: dict[str, Mailbox] = {}
        self._stats = EngineStats()
        self._n_replies = 0
        self._is_ready = False
        self._n_starts = 0

    async def classify(self, request: ClassifyRequest) -> Classified:
        """Raise EngineBusy, EngineLost, ModelUnavailable or DeadlineExceeded."""
        return await self._answer(request, Classified)

    async def explain(self, request: ExplainRequest) -> Explained:
        """Raise like `classify`; BadRequest for a label or a method that is not there."""
        return await self._answer(request, Explained)

    async def _answer(self, request: Request, kind: type[Answer]) -> Answer:
        with self._opened(request) as mailbox:
            event = _or_raise(await mailbox.get())
        if not isinstance(event, kind):
            raise InferenceError("The engine answered something else.")
        return event

    async def generate(
        self, request: GenerateRequest
    ) -> AsyncGenerator[Delta | Finished, None]:
        """Yield deltas and last of all one Finished; raise like `classify`."""
        with self._opened(request) as mailbox:
            while True:
                event = _or_raise(await mailbox.get())
                if not isinstance(event, Delta | Finished):
                    raise InferenceError("The engine answered something else.")
                yield event
                if isinstance(event, Finished):
                    return

    async def stream(self, request: Request) -> AsyncGenerator[tuple[Event, ...], None]:
        """Yield what came of the request since the last time, the first of it at once.

        For a host that passes it on: a Failed stands for an error, and is the last.
        """
        try:
            with self._opened(request) as mailbox:
                is_last = False
                while not is_last:
                    news = [await mailbox.get()]
                    while not mailbox.empty():
                        news.append(mailbox.get_nowait())
                    is_last = not isinstance(news[-1], Delta)
                    yield tuple(_as_event(request.id, one) for one in news)
                    await asyncio.sleep(0 if is_last else GATHER_S)
        except InferenceError as error:  # it is not ready: nothing was yielded yet
            yield (failed(request.id, error),)

    async def cancel(self, request_id: str) -> None:
        """End a request within one step; see `EngineClient`."""
        if request_id in self._open:
            self._cancel(request_id)

    def check_admission(self) -> None:
        """Raise EngineBusy or EngineLost at once where a new request would be refused."""
        if not self._is_ready:
            raise EngineLost("The engine is starting.")
        stats = self._stats
        n_seen = stats.n_running + stats.n_queued
        n_ahead = max(self._n_replies, n_seen)
        n_beyond = max(0, n_ahead - max(n_seen, stats.n_slots))
        wait_s = stats.wait_s + stats.reply_s * n_beyond / max(1, stats.n_slots)
        is_full = n_ahead >= stats.n_slots + stats.max_queued
        if is_full or wait_s > DOUBT * QUEUE_TIMEOUT_S:
            raise EngineBusy(retry_after_s=stats.retry_after_s)

    def stats(self) -> EngineStats:
        """Return the latest heartbeat's figures, without waiting."""
        return replace(self._stats, n_restarts=max(0, self._n_starts - 1))

    def is_open(self, request_id: str) -> bool:
        return request_id in self._open

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

    def _note_ready(self) -> None:
        """Let requests in: the engine is there, or is there again."""
        self._n_starts += not self._is_ready
        self._is_ready = True

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


def _as_event(request_id: str, event: Event | InferenceError) -> Event:
    return failed(request_id, event) if isinstance(event, InferenceError) else event


def _or_raise(event: Event | InferenceError) -> Event:
    """Return an event that is no failure."""
    if isinstance(event, InferenceError):
        raise event
    if isinstance(event, Failed):
        raise error_of(event)
    return event
