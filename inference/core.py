"""The engine: requests in, events out, one `tick` at a time.

Plain synchronous Python. A host (`inference.hosts`) calls `submit` and `cancel`, then
`tick` for as long as `has_work`; the same core runs in a thread, in a process of its own
or in a cluster's replica. Every submitted request gets exactly one terminal event.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.classifying import Classifying
from inference.errors import (
    DeadlineExceeded,
    EngineBusy,
    InferenceError,
    RequestCancelled,
)
from inference.explaining import Explaining
from inference.failures import failed
from inference.measures import Measures
from inference.registry import REPLY_MODEL
from inference.replying import Replying
from inference.scheduler import Entry, Limits, Scheduler
from inference.types import (
    ClassifyRequest,
    EngineStats,
    Event,
    ExplainRequest,
    Failed,
    GenerateRequest,
    Request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from inference.backends import Classifier, Generator

logger = logging.getLogger(__name__)


class EngineCore:
    """Runs classifiers and one generator under a scheduler.

    `clock` is read only to say how long a request took; decisions use the time passed in.
    """

    def __init__(
        self,
        classifiers: Mapping[str, Classifier],
        generator: Generator | None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        limits = limits or Limits()
        self._clock = clock
        self._events: list[Event] = []
        self._measures = Measures()
        self._scheduler = Scheduler(limits)
        self._classifying = Classifying(classifiers, clock)
        self._explaining = Explaining(limits, clock)
        self._replying = Replying(
            generator, self._scheduler, self._measures, clock, self._tell
        )

    @property
    def has_work(self) -> bool:
        return bool(self._events or self._explaining) or self._scheduler.has_work

    def pause_s(self, now: float) -> float:
        """Return how long a tick would do nothing, if nothing is submitted before."""
        is_busy = bool(self._events) or self._scheduler.has_work
        return 0.0 if is_busy else self._explaining.pause_s(now)

    def submit(self, request: Request, now: float) -> None:
        """Queue a request, or raise EngineBusy or ModelUnavailable at once."""
        if request.id in self._scheduler or request.id in self._explaining:
            raise InferenceError(f"The request {request.id} is already in the engine.")
        if isinstance(request, ExplainRequest):
            classifier = self._classifying.need(request.classifier)
            self._explaining.submit(request, classifier, now)
            return
        self._refuse_if_full(request)
        parts = self._encode(request)
        for tokens in parts:
            self._scheduler.enqueue(Entry(request, tokens, now, len(parts)))

    def cancel(self, request_id: str) -> None:
        """End a request within one step; an unknown id is one that has already ended."""
        if entry := self._scheduler.withdraw(request_id):
            self._cancel_queued(entry)
        elif request_id in self._scheduler.running:
            self._replying.end(request_id, "stopped")
        elif request_id in self._explaining:
            self._events.append(self._explaining.cancel(request_id))

    def tick(self, now: float) -> list[Event]:
        """Do one round of work: at most one decode step a row. Return what came of it."""
        started_s = self._clock()
        self._expire(now)
        is_busy = self._classify(now) or self._scheduler.has_work
        self._events += self._explaining.work(now, is_busy=is_busy)
        self._replying.admit(now)
        if self._replying.step():
            self._scheduler.learn_round(self._clock() - started_s)
        events = self._events.copy()
        self._events.clear()
        return events

    def stats(self, now: float) -> EngineStats:
        """Say how busy it is, and what it has measured since its start."""
        return replace(
            self._scheduler.stats(now, self._versions()),
            histograms=self._measures.histograms(),
            counts=self._measures.counts(),
            n_explaining=len(self._explaining),
        )

    def _refuse_if_full(self, request: ClassifyRequest | GenerateRequest) -> None:
        try:
            self._scheduler.refuse_if_full(request)
        except EngineBusy:
            self._measures.count("refused")
            raise

    def _versions(self) -> dict[str, str]:
        versions = self._classifying.versions()
        if version := self._replying.version:
            versions[REPLY_MODEL] = version
        return versions

    def _encode(
        self, request: ClassifyRequest | GenerateRequest
    ) -> Sequence[Sequence[int]]:
        """Return the tokens of each part that the scheduler is to see by itself."""
        try:
            if isinstance(request, GenerateRequest):
                return [self._replying.encode(request)]
            return self._classifying.parts(request)
        except InferenceError:
            raise
        except Exception as error:
            logger.exception("request %s could not be encoded", request.id)
            raise InferenceError("This text could not be read.") from error

    def _expire(self, now: float) -> None:
        self._events += self._explaining.expire(now)
        for entry in self._scheduler.expire(now):
            self._measures.count("expired")
            late = DeadlineExceeded("The request waited too long for its turn.")
            self._end([failed(entry.id, late)])
        for entry in self._scheduler.overdue(now):
            self._replying.end(entry.id, "deadline")

    def _classify(self, now: float) -> bool:
        """Return whether there was anything to classify."""
        batches = self._scheduler.take_classify_batches(now)
        for batch in batches:
            self._measures.observe("classify_batch_size", len(batch))
            self._end(self._classifying.run(batch))
        return bool(batches)

    def _end(self, events: Sequence[Event]) -> None:
        """Tell of classifications that have ended; what is left of them is dropped."""
        for event in events:
            self._tell(event)
            if isinstance(event, Failed):
                self._scheduler.withdraw(event.id)
                self._classifying.forget(event.id)

    def _tell(self, event: Event) -> None:
        self._events.append(event)

    def _cancel_queued(self, entry: Entry) -> None:
        if entry.classifier is None:
            self._replying.end_queued(entry)
        else:
            cancelled = RequestCancelled("The request was cancelled.")
            self._end([failed(entry.id, cancelled)])
