"""The explanations that an engine works on: a bounded queue, done piece by piece.

They have the lowest class of the classifier lane: `inference.spare_time` says when a piece
may be computed. What was explained lately is remembered.
"""

from __future__ import annotations

import logging
import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import (
    BadRequest,
    DeadlineExceeded,
    EngineBusy,
    InferenceError,
    ModelUnavailable,
    RequestCancelled,
)
from inference.failures import failed
from inference.fairness import in_turn
from inference.spare_time import SpareTime
from inference.types import Explained

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.backends import Classifier
    from inference.explain.explanation import Explanation
    from inference.explain.pieces import Pieces
    from inference.scheduler import Limits
    from inference.types import Event, ExplainRequest, Method

logger = logging.getLogger(__name__)

DEFAULT_METHOD: Method = "occlusion"
MAX_SAMPLES = 5000
N_REMEMBERED = 256
RETRY_AFTER_S = 5.0
Key = tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Job:
    """An explanation in the engine; `pieces` is its work, None before its first turn."""

    request: ExplainRequest
    classifier: Classifier
    submitted_s: float
    pieces: Pieces[Explanation] | None = None

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def method(self) -> Method:
        return self.request.method or DEFAULT_METHOD

    @property
    def model(self) -> str:
        """Say what computes: LIME's readings are rougher, and faster, than others."""
        return f"{self.request.classifier} {self.method}"

    @property
    def key(self) -> Key:
        """Say what makes two explanations the same."""
        asked = self.request
        what = (asked.classifier, self.classifier.version, asked.text, asked.label)
        how = (asked.n_samples, asked.seed) if self.method == "lime" else ()
        return (*what, self.method, *how)

    def is_late(self, now: float) -> bool:
        waited_s = now - self.submitted_s
        waits = self.pieces is None and waited_s >= self.request.queue_timeout_s
        return waits or waited_s >= self.request.total_timeout_s


class Explaining:
    """All of an engine's explanations; every one submitted gets exactly one event."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._max_jobs = limits.max_explanations
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._last: list[Job] = []  # who was served last gives way to the others
        self._spare = SpareTime(limits.classify_token_budget)
        self._remembered: OrderedDict[Key, Explanation] = OrderedDict()

    def __contains__(self, request_id: str) -> bool:
        return request_id in self._jobs

    def __len__(self) -> int:
        return len(self._jobs)

    def submit(
        self, request: ExplainRequest, classifier: Classifier, now: float
    ) -> None:
        """Queue an explanation; EngineBusy where too many wait, BadRequest for nonsense."""
        if not 1 <= request.n_samples <= MAX_SAMPLES:
            raise BadRequest(f"An explanation has 1 to {MAX_SAMPLES} samples.")
        if len(self._jobs) >= self._max_jobs:
            raise EngineBusy("Too many explanations wait.", RETRY_AFTER_S)
        self._jobs[request.id] = Job(request, classifier, now)

    def cancel(self, request_id: str) -> Event:
        """Forget an explanation, however far it is."""
        del self._jobs[request_id]
        return failed(request_id, RequestCancelled("The request was cancelled."))

    def expire(self, now: float) -> list[Event]:
        late = [job.id for job in self._jobs.values() if job.is_late(now)]
        for request_id in late:
            del self._jobs[request_id]
        error = DeadlineExceeded("The explanation took too long.")
        return [failed(request_id, error) for request_id in late]

    def pause_s(self, now: float) -> float:
        """Return how long `work` has nothing to do while nobody asks for anything."""
        return self._spare.pause_s(now) if self._jobs else math.inf

    def work(self, now: float, *, is_busy: bool) -> list[Event]:
        """Compute the next piece, if it may be now; return what came of it."""
        self._spare.note(now, is_busy=is_busy)
        if not self._jobs:
            return []
        job = in_turn(self._jobs.values(), self._last, now)[0]
        budget = self._spare.budget(job.model, now)
        return self._advance(job, budget) if budget else []

    def _advance(self, job: Job, budget: int) -> list[Event]:
        try:
            found = self._recall(job) or self._run_piece(job, budget)
        except InferenceError as error:
            return self._fail(job, error)
        except Exception:
            logger.exception("the explanation %s failed", job.id)
            name = job.request.classifier
            return self._fail(job, ModelUnavailable(f"The classifier {name} failed."))
        return [self._finish(job, found)] if found else []

    def _recall(self, job: Job) -> Explanation | None:
        found = self._remembered.get(job.key)
        if found:
            self._remembered.move_to_end(job.key)
        return found

    def _run_piece(self, job: Job, budget: int) -> Explanation | None:
        """Return the explanation if this was its last piece."""
        started_s, n_tokens = self._clock(), 0
        try:
            if job.pieces is None:
                job.pieces = _begin(job)
            while not n_tokens:  # only to be told the budget, it yields 0
                n_tokens = job.pieces.send(budget)
        except StopIteration as end:
            found: Explanation = end.value
            return found
        finally:
            now = self._clock()
            self._spare.learn(job.model, n_tokens, now - started_s, now)
        return None

    def _fail(self, job: Job, error: InferenceError) -> list[Event]:
        del self._jobs[job.id]
        return [failed(job.id, error)]

    def _finish(self, job: Job, found: Explanation) -> Event:
        del self._jobs[job.id]
        self._last = [job]
        self._remembered[job.key] = found
        if len(self._remembered) > N_REMEMBERED:
            self._remembered.popitem(last=False)
        took_ms = round((self._clock() - job.submitted_s) * 1000)
        return Explained(
            job.id,
            found.label,
            found.method,
            found.score,
            found.words,
            job.classifier.version,
            took_ms,
        )


def _begin(job: Job) -> Pieces[Explanation]:
    # Imports numpy, which no web process needs.
    from inference.explain.explanation import explanation  # noqa: PLC0415

    pieces = explanation(job.classifier, job.request, job.method)
    next(pieces)
    return pieces
