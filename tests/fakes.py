"""Engines that do as they are told, to inject faults: the only fakes of the suite.

`FakeEngine` stands in for an EngineClient in the test's own process. `ScriptedGenerator`
stands in for the T5 inside a real engine; `scripted_generator` makes one from the
environment, for the helper of a real server: give the server (DEBUG only)
EMOCHAT_TEST_DECODER=tests.fakes:scripted_generator and the variables below; in a test's own
process set `EngineConfig.decoder`. The files are looked for at every step.

EMOCHAT_TEST_STALL_FILE   while this file exists, no reply gets past its fourth token
EMOCHAT_TEST_HANG_FILE    while this file exists, a step blocks the whole engine
EMOCHAT_TEST_STEP_S       seconds a step takes (0.005)
EMOCHAT_TEST_WORDS        the words of every reply, by spaces ("one two three ... eight")
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from inference.backends import Admission, Step
from inference.errors import EngineBusy, EngineLost, InferenceError
from inference.registry import CLASSIFIERS
from inference.types import (
    Classified,
    ClassifyRequest,
    Delta,
    EngineStats,
    Explained,
    ExplainRequest,
    Finished,
    FinishReason,
    GenerateRequest,
    WordWeight,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
STALL_AT = 4


def text_of(words: Sequence[str], n_words: int) -> str:
    """Return the word that comes after `n_words`, with the space before it."""
    return (" " if n_words else "") + words[n_words]


class ScriptedGenerator:
    """A `backends.Generator` that writes the same words for everybody.

    `may_go_on(n_tokens)` is asked for each row before its next token.
    """

    version = "scripted"

    def __init__(
        self,
        words: Sequence[str] = WORDS,
        may_go_on: Callable[[int], bool] = lambda n_tokens: True,
        before_step: Callable[[], None] = lambda: None,
    ) -> None:
        self.words = words
        self.rows: dict[str, int] = {}
        self.limits: dict[str, int] = {}
        self._may_go_on = may_go_on
        self._before_step = before_step

    def encode(self, request: GenerateRequest) -> list[int]:
        return list(range(1 + len(request.text.split())))

    def admit(self, batch: Sequence[Admission]) -> None:
        for admission in batch:
            self.rows[admission.request.id] = 0
            self.limits[admission.request.id] = admission.request.max_new_tokens

    def step(self) -> list[Step]:
        self._before_step()
        going = [
            id_ for id_, n_tokens in self.rows.items() if self._may_go_on(n_tokens)
        ]
        return [self._next(request_id) for request_id in going]

    def release(self, request_id: str) -> None:
        self.rows.pop(request_id, None)

    def reset(self) -> None:
        self.rows.clear()

    def _next(self, request_id: str) -> Step:
        n_tokens = self.rows[request_id]
        if n_tokens == len(self.words):
            self.release(request_id)
            return Step(request_id, "", "stop")
        self.rows[request_id] = n_tokens + 1
        is_last = n_tokens + 1 == self.limits[request_id]
        if is_last:
            self.release(request_id)
        finish = "length" if is_last else None
        return Step(request_id, text_of(self.words, n_tokens), finish)


def scripted_generator() -> ScriptedGenerator:
    """Make the generator that the environment describes; see the top of this file."""
    stall = Path(os.environ.get("EMOCHAT_TEST_STALL_FILE", "/nonexistent"))
    hang = Path(os.environ.get("EMOCHAT_TEST_HANG_FILE", "/nonexistent"))
    step_s = float(os.environ.get("EMOCHAT_TEST_STEP_S", "0.005"))
    words = os.environ.get("EMOCHAT_TEST_WORDS", " ".join(WORDS)).split()

    def before_step() -> None:
        time.sleep(step_s)
        while hang.exists():
            time.sleep(0.01)

    def may_go_on(n_tokens: int) -> bool:
        return n_tokens < STALL_AT or not stall.exists()

    return ScriptedGenerator(words, may_go_on, before_step)


def slow_to_load() -> ScriptedGenerator:
    """Like `scripted_generator`, after long enough for somebody to watch."""
    time.sleep(0.7)
    return scripted_generator()


@dataclass
class FakeEngine:
    """An EngineClient with scripted scores and words, for tests of the chat side.

    `stall_at` n: no reply gets more than n words until `release()`. `fail` is raised by
    every request, `fail_at` n by a reply after n words. `busy` and `lost` refuse admission
    and requests; `die()` ends every open request with EngineLost until `revive()`.
    """

    words: Sequence[str] = WORDS
    label: str = "sadness"
    score: float = 0.9
    token_s: float = 0.0
    classify_s: float = 0.0
    explain_s: float = 0.0
    stall_at: int | None = None
    fail: InferenceError | None = None
    fail_at: int | None = None
    is_busy: bool = False
    is_lost: bool = False
    classified: list[ClassifyRequest] = field(default_factory=list)
    generated: list[GenerateRequest] = field(default_factory=list)
    explained: list[ExplainRequest] = field(default_factory=list)
    explaining: set[str] = field(default_factory=set)
    cancelled: list[str] = field(default_factory=list)
    running: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._released = asyncio.Event()
        self._stopped: set[str] = set()

    async def start(self) -> None:
        self.is_lost = False

    async def close(self) -> None:
        self.die()

    def release(self) -> None:
        """Let stalled replies go on."""
        self._released.set()

    def die(self) -> None:
        self.is_lost = True

    def revive(self) -> None:
        self.is_lost = False

    def check_admission(self) -> None:
        if self.is_lost:
            raise EngineLost("The engine is starting.")
        if self.is_busy:
            raise EngineBusy(retry_after_s=2.0)

    def stats(self) -> EngineStats:
        return EngineStats(n_running=len(self.running), max_queued=64, n_slots=32)

    async def cancel(self, request_id: str) -> None:
        self.cancelled.append(request_id)
        if request_id in self.running:
            self._stopped.add(request_id)

    async def classify(self, request: ClassifyRequest) -> Classified:
        self.classified.append(request)
        await asyncio.sleep(self.classify_s)
        self._raise_if_told()
        labels = CLASSIFIERS[request.classifier].labels
        rest = (1 - self.score) / (len(labels) - 1)
        scores = {n: self.score if n == self.label else rest for n in labels}
        return Classified(request.id, self.label, scores, "fake", 1)

    async def explain(self, request: ExplainRequest) -> Explained:
        """Give the longer words more weight, and every other one against the label."""
        self.explained.append(request)
        self.explaining.add(request.id)
        try:
            await asyncio.sleep(self.explain_s)
        finally:
            self.explaining.discard(request.id)
        self._raise_if_told()
        spans = [found.span() for found in re.finditer(r"\w+", request.text)]
        words = tuple(
            WordWeight(start, end, (-1) ** n * (end - start) / 100)
            for n, (start, end) in enumerate(spans)
        )
        label, method = request.label or self.label, request.method or "occlusion"
        return Explained(request.id, label, method, 0.5, words, "fake", 1)

    async def generate(
        self, request: GenerateRequest
    ) -> AsyncGenerator[Delta | Finished, None]:
        self.generated.append(request)
        self._raise_if_told()
        self.running.add(request.id)
        try:
            n_words = 0
            while n_words < min(len(self.words), request.max_new_tokens):
                await self._until_next(request.id, n_words)
                if request.id in self._stopped:
                    yield self._finished(request, "stopped", n_words)
                    return
                yield Delta(request.id, text_of(self.words, n_words))
                n_words += 1
            is_whole = n_words == len(self.words)
            yield self._finished(request, "stop" if is_whole else "length", n_words)
        finally:
            self.running.discard(request.id)
            self._stopped.discard(request.id)

    async def _until_next(self, request_id: str, n_words: int) -> None:
        await asyncio.sleep(self.token_s)
        while self.stall_at == n_words and not self._released.is_set():
            self._raise_if_told()
            if request_id in self._stopped:
                return
            await asyncio.sleep(0.005)
        self._raise_if_told()
        if self.fail_at == n_words:
            raise self.fail or InferenceError("The model failed.")

    def _raise_if_told(self) -> None:
        if self.is_lost:
            raise EngineLost("The engine was lost.")
        if self.is_busy:
            raise EngineBusy(retry_after_s=2.0)
        if self.fail and self.fail_at is None:
            raise self.fail

    def _finished(
        self, request: GenerateRequest, reason: FinishReason, n_tokens: int
    ) -> Finished:
        return Finished(request.id, reason, n_tokens, "fake", 1)
