"""The replies that an engine writes: let in to a slot, one token a step, one end each."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, cast

from inference.backends import Admission
from inference.errors import ModelUnavailable
from inference.failures import failed
from inference.types import Delta, Finished

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inference.backends import Generator, Step
    from inference.measures import Measures
    from inference.scheduler import Entry, Scheduler
    from inference.types import Event, FinishReason, GenerateRequest

logger = logging.getLogger(__name__)


class Replying:
    """Runs the generator under the scheduler; what happens is handed to `tell`.

    `clock` is read only to say how long something took.
    """

    def __init__(
        self,
        generator: Generator | None,
        scheduler: Scheduler,
        measures: Measures,
        clock: Callable[[], float],
        tell: Callable[[Event], None],
    ) -> None:
        self._generator = generator
        self._scheduler = scheduler
        self._measures = measures
        self._clock = clock
        self._tell = tell
        self._n_tokens: dict[str, int] = {}

    @property
    def version(self) -> str | None:
        return self._generator.version if self._generator else None

    def encode(self, request: GenerateRequest) -> Sequence[int]:
        """Return the prompt's tokens, or raise ModelUnavailable."""
        return self._need_generator().encode(request)

    def admit(self, now: float) -> None:
        """Give free slots to those who are next."""
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
            self._fail([entry.id for entry in batch])

    def step(self) -> bool:
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
            self._fail(list(self._scheduler.running))
            return False
        self._measure(steps)
        for step in steps:
            self._emit(step)
        return bool(steps)

    def end(self, request_id: str, reason: FinishReason) -> None:
        """End a running reply where it is."""
        self._need_generator().release(request_id)
        self._finish(request_id, reason)

    def end_queued(self, entry: Entry) -> None:
        """Tell of the end of a reply that has not begun."""
        self._tell(self._finished(entry, "stopped", 0))

    def _need_generator(self) -> Generator:
        if self._generator is None:
            raise ModelUnavailable("The reply model is not loaded.")
        return self._generator

    def _measure(self, steps: Sequence[Step]) -> None:
        of, running = self._n_tokens, self._scheduler.running
        new = [running[step.id].submitted_s for step in steps if not of[step.id]]
        n_old = len(steps) - len(new)
        self._measures.step(self._clock(), len(running), n_old, new)

    def _emit(self, step: Step) -> None:
        if step.finish != "stop":  # the end token is not counted
            self._n_tokens[step.id] += 1
        if step.text:
            self._tell(Delta(step.id, step.text))
        if step.finish:
            self._finish(step.id, step.finish)

    def _fail(self, request_ids: Sequence[str]) -> None:
        broken = ModelUnavailable("The reply model failed.")
        self._measures.count("failed", len(request_ids))
        for request_id in request_ids:
            self._need_generator().release(request_id)
            self._retire(request_id, "failed")
            self._tell(failed(request_id, broken))

    def _finish(self, request_id: str, reason: FinishReason) -> None:
        entry, n_tokens = self._retire(request_id, reason)
        self._measures.count("finished")
        self._tell(self._finished(entry, reason, n_tokens))

    def _retire(self, request_id: str, reason: str) -> tuple[Entry, int]:
        """Forget a running reply; return it and how many tokens it got."""
        n_tokens = self._n_tokens.pop(request_id)
        is_whole = reason in ("stop", "length")
        return self._scheduler.retire(
            request_id, n_tokens if is_whole else None
        ), n_tokens

    def _finished(self, entry: Entry, reason: FinishReason, n_tokens: int) -> Finished:
        took_ms = round((self._clock() - entry.submitted_s) * 1000)
        version = self._need_generator().version
        return Finished(entry.id, reason, n_tokens, version, took_ms)
