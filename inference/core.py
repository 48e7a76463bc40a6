"""The engine: requests in, events out, one `tick` at a time.

Plain synchronous Python. A host (`inference.hosts`) calls `submit` and `cancel`, then
`tick` for as long as `has_work`; the same core runs in a thread, in a process of its own
or in a cluster's replica. Every submitted request gets exactly one terminal event.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from inference.backends import Admission, Classifier, Generator, Step
from inference.classifying import Classifying
from inference.errors import (
    DeadlineExceeded,
    EngineBusy,
    InferenceError,
    ModelUnavailable,
    RequestCancelled,
)
from inference.explaining import Explaining
from inference.failures import failed
from inference.measures import Measures
from inference.registry import REPLY_MODEL
from inference.scheduler import Entry, Limits, Scheduler
from inference.types import (
    ClassifyRequest,
    Delta,
    EngineStats,
    Event,
    ExplainRequest,
    Failed,
    Finished,
    FinishReason,
    GenerateRequest,
    Request,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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
        self._classifying = Classifying(classifiers, clock)
        self._generator = generator
        limits = limits or Limits()
        self._scheduler = Scheduler(limits)
        self._explaining = Explaining(limits, clock)
        self._clock = clock
        self._n_tokens: dict[str, int] = {}
        self._events: list[Event] = []
        self._measures = Measures()

    @property
    def has_work(self) -> bool:
        return bool(self._events or self._explaining) or self._scheduler.has_work

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
            self._release(request_id)
            self._finish(request_id, "stopped")
        elif request_id in self._explaining:
            self._events.append(self._explaining.cancel(request_id))

    def tick(self, now: float) -> list[Event]:
        """Do one round of work: at most one decode step a row. Return what came of it."""
        started_s = self._clock()
        self._expire(now)
        is_busy = self._classify(now) or self._scheduler.has_work
        self._events += self._explaining.work(now, is_busy=is_busy)
        self._admit(now)
        if self._step():
            self._scheduler.learn_round(self._clock() - started_s)
        events, self._events = self._events, []
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
        if self._generator:
            versions[REPLY_MODEL] = self._generator.version
        return versions

    def _encode(
        self, request: ClassifyRequest | GenerateRequest
    ) -> Sequence[Sequence[int]]:
        """Return the tokens of each part that the scheduler is to see by itself."""
        try:
            if isinstance(request, GenerateRequest):
                return [self._need_generator().encode(request)]
            return self._classifying.parts(request)
        except InferenceError:
            raise
        except Exception as error:
            logger.exception("request %s could not be encoded", request.id)
            raise InferenceError("This text could not be read.") from error

    def _need_generator(self) -> Generator:
        if self._generator is None:
            raise ModelUnavailable("The reply model is not loaded.")
        return self._generator

    def _expire(self, now: float) -> None:
        self._events += self._explaining.expire(now)
        for entry in self._scheduler.expire(now):
            self._measures.count("expired")
            late = DeadlineExceeded("The request waited too long for its turn.")
            self._end([failed(entry.id, late)])
        for entry in self._scheduler.overdue(now):
            self._release(entry.id)
            self._finish(entry.id, "deadline")

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
            self._events.append(event)
            if isinstance(event, Failed):
                self._scheduler.withdraw(event.id)
                self._classifying.forget(event.id)

    def _admit(self, now: float) -> None:
        batch = self._scheduler.take_admissions(now)
        if not batch:
            return
        self._n_tokens |= {entry.id: 0 for entry in batch}
        self._measures.observe("prompt_batch_size", len(batch))
        started_s = self._clock()
        try:
            self._need_generator().admit(
                [Admission(cast("GenerateRequest", e.request), e.tokens) for e in batch]
            )
            self._scheduler.learn_admission(batch, self._clock() - started_s)
        except Exception:
            logger.exception("%d replies could not be started", len(batch))
            self._fail_running([entry.id for entry in batch])

    def _step(self) -> bool:
        """Return whether any running reply got a token."""
        if not self._scheduler.running:
            return False
        started_s = self._clock()
        try:
            steps = self._need_generator().step()
            self._scheduler.learn_step(self._clock() - started_s)
        except Exception:
            logger.exception("a step of %d replies failed", len(self._n_tokens))
            self._need_generator().reset()
            self._fail_running(list(self._scheduler.running))
            return False
        self._measure_step(steps)
        for step in steps:
            self._emit(step)
        return bool(steps)

    def _measure_step(self, steps: Sequence[Step]) -> None:
        of, running = self._n_tokens, self._scheduler.running
        new = [running[step.id].submitted_s for step in steps if not of[step.id]]
        n_old = len(steps) - len(new)
        self._measures.step(self._clock(), len(running), n_old, new)

    def _emit(self, step: Step) -> None:
        if step.finish != "stop":  # the end token is not counted
            self._n_tokens[step.id] += 1
        if step.text:
            self._events.append(Delta(step.id, step.text))
        if step.finish:
            self._finish(step.id, step.finish)

    def _fail_running(self, request_ids: Sequence[str]) -> None:
        broken = ModelUnavailable("The reply model failed.")
        self._measures.count("failed", len(request_ids))
        for request_id in request_ids:
            self._release(request_id)
            self._retire(request_id, "failed")
            self._events.append(failed(request_id, broken))

    def _release(self, request_id: str) -> None:
        self._need_generator().release(request_id)

    def _finish(self, request_id: str, reason: FinishReason) -> None:
        entry, n_tokens = self._retire(request_id, reason)
        self._measures.count("finished")
        self._events.append(self._finished(entry, reason, n_tokens))

    def _retire(self, request_id: str, reason: str) -> tuple[Entry, int]:
        """Forget a running reply; return it and how many tokens it got."""
        n_tokens = self._n_tokens.pop(request_id)
        is_whole = reason in ("stop", "length")
        return self._scheduler.retire(
            request_id, n_tokens if is_whole else None
        ), n_tokens

    def _finished(self, entry: Entry, reason: FinishReason, n_tokens: int) -> Finished:
        version = self._need_generator().version
        return Finished(entry.id, reason, n_tokens, version, self._took_ms(entry))

    def _cancel_queued(self, entry: Entry) -> None:
        if entry.classifier is None:
            self._events.append(self._finished(entry, "stopped", 0))
        else:
            cancelled = RequestCancelled("The request was cancelled.")
            self._end([failed(entry.id, cancelled)])

    def _took_ms(self, entry: Entry) -> int:
        return round((self._clock() - entry.submitted_s) * 1000)
