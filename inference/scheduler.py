"""Who waits, who is next, who waited too long: the engine's policy, without any model.

Pure: the clock is passed in, nothing here sleeps, locks or computes. Two lanes:
classifications, taken in batches under a padded-token budget, and replies, which get a slot
each. In a lane goes first who has the better priority, a second of waiting being worth a
step; among equals whoever has the least going on; then who came first. `inference.core`
does what this decides.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inference.errors import EngineBusy
from inference.fairness import in_turn
from inference.pace import Pace
from inference.types import ClassifyRequest, EngineStats, GenerateRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MIN_RETRY_S, MAX_RETRY_S = 0.5, 30.0
# A guess is no certainty, and to be let in for nothing costs a second; see ADR 0016.
DOUBT = 2.0
SMOOTHING = 0.2
MAX_GAP_S = 0.08  # between two words of a running reply


@dataclass(frozen=True, slots=True)
class Limits:
    """The engine's bounds; a queue beyond its bound refuses at once."""

    n_slots: int = 32
    max_queued: int = 64
    max_queued_classify: int = 256
    max_explanations: int = 16
    classify_token_budget: int = 512
    admit_token_budget: int = 512
    max_admit: int = 4


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A request in the engine, or one of its `n_parts`: its tokens and when it came."""

    request: ClassifyRequest | GenerateRequest
    tokens: Sequence[int]
    submitted_s: float
    n_parts: int = 1

    @property
    def id(self) -> str:
        return self.request.id

    @property
    def classifier(self) -> str | None:
        """Name the classifier asked for; None for a reply."""
        if isinstance(self.request, ClassifyRequest):
            return self.request.classifier
        return None

    @property
    def expires_s(self) -> float:
        """When it has waited longer than it may."""
        wait_s = min(self.request.queue_timeout_s, self._total_timeout_s)
        return self.submitted_s + wait_s

    @property
    def deadline_s(self) -> float:
        """When it must have ended."""
        return self.submitted_s + self._total_timeout_s

    @property
    def _total_timeout_s(self) -> float:
        if isinstance(self.request, GenerateRequest):
            return self.request.total_timeout_s
        return math.inf


class Scheduler:
    """Two bounded queues and the rows that run; every method says what to do next."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.running: dict[str, Entry] = {}
        self._classify: deque[Entry] = deque()
        self._generate: deque[Entry] = deque()
        self._pace = Pace()
        self._began: dict[str, int] = {}  # the round in which each running reply did
        self._step_s = self._token_s = 0.0  # of a step, of a padded prompt token

    def __contains__(self, request_id: str) -> bool:
        return any(entry.id == request_id for entry in self._all())

    @property
    def has_work(self) -> bool:
        return bool(self.running or self._classify or self._generate)

    def refuse_if_full(self, request: ClassifyRequest | GenerateRequest) -> None:
        """Raise EngineBusy where the request's lane has no room; a free slot is room.

        A reply is also refused where it would, by the pace so far, wait in vain.
        """
        if isinstance(request, ClassifyRequest):
            is_full = len(self._classify) >= self.limits.max_queued_classify
        else:
            n_ahead = len(self._generate) + len(self.running)
            is_full = n_ahead >= self.limits.n_slots + self.limits.max_queued or (
                self.wait_s() > DOUBT * request.queue_timeout_s
            )
        if is_full:
            raise EngineBusy(retry_after_s=self.retry_after_s())

    def wait_s(self) -> float:
        """Predict how long one more reply would wait for its slot."""
        return self._wait_behind(len(self._generate))

    def _wait_behind(self, n_before: int) -> float:
        n_slots = self.limits.n_slots
        return self._pace.wait_s(self._began.values(), n_slots, n_before)

    def enqueue(self, entry: Entry) -> None:
        (self._generate if entry.classifier is None else self._classify).append(entry)

    def retry_after_s(self) -> float:
        """Predict when a quarter of the queue will have gone, and at least one reply."""
        wait_s = self._wait_behind(max(0, len(self._generate) // 4 - 1))
        return min(MAX_RETRY_S, max(MIN_RETRY_S, wait_s))

    def withdraw(self, request_id: str) -> Entry | None:
        """Take a request that still waits out of its queue, all of its parts."""
        for queue in (self._classify, self._generate):
            found = [entry for entry in queue if entry.id == request_id]
            for entry in found:
                queue.remove(entry)
            if found:
                return found[0]
        return None

    def expire(self, now: float) -> list[Entry]:
        """Take out whatever has waited longer than it may; return one entry of each."""
        late = {e.id: e for e in self._queued() if now >= e.expires_s}
        for request_id in late:
            self.withdraw(request_id)
        return list(late.values())

    def overdue(self, now: float) -> list[Entry]:
        """Return the running replies whose time is up; they still hold their slots."""
        return [entry for entry in self.running.values() if now >= entry.deadline_s]

    def take_classify_batches(self, now: float) -> list[list[Entry]]:
        """Take the next classifications within the budget, one batch a classifier."""
        self._classify = deque(in_turn(self._classify, (), now))
        n_taken = self._n_within(self._classify, self.limits.classify_token_budget)
        batches: dict[str | None, list[Entry]] = {}
        for entry in _pop(self._classify, n_taken):
            batches.setdefault(entry.classifier, []).append(entry)
        return list(batches.values())

    def take_admissions(self, now: float) -> list[Entry]:
        """Move the next replies into free slots, a few at a time.

        Encoding many prompts at once would make the running replies wait.
        """
        if len(self.running) >= self.limits.n_slots:
            return []
        self._generate = deque(in_turn(self._generate, self.running.values(), now))
        n_free = min(self.limits.n_slots - len(self.running), self.limits.max_admit)
        n_fitting = self._n_within(self._generate, self._admit_budget())
        taken = list(_pop(self._generate, min(n_free, n_fitting)))
        self.running |= {entry.id: entry for entry in taken}
        self._began |= {entry.id: self._pace.n_rounds for entry in taken}
        return taken

    def learn_step(self, took_s: float) -> None:
        self._step_s += SMOOTHING * (took_s - self._step_s)

    def learn_round(self, took_s: float) -> None:
        """Take note of a tick in which the running replies got a token."""
        self._pace.learn_round(took_s)

    def learn_admission(self, batch: Sequence[Entry], took_s: float) -> None:
        n_tokens = len(batch) * max(len(entry.tokens) for entry in batch)
        self._token_s += SMOOTHING * (took_s / max(1, n_tokens) - self._token_s)

    def _admit_budget(self) -> int:
        """Return how many padded tokens may be encoded without a word coming late."""
        budget = self.limits.admit_token_budget
        if not self.running or not self._token_s:
            return budget
        room_s = max(0.0, MAX_GAP_S - self._step_s)
        return min(budget, int(room_s / self._token_s))

    def retire(self, request_id: str, n_tokens: int | None = None) -> Entry:
        """Free a reply's slot; where it ended by itself, learn how long one is."""
        del self._began[request_id]
        if n_tokens is not None:
            self._pace.learn_reply(n_tokens)
        return self.running.pop(request_id)

    def stats(self, now: float, models: dict[str, str]) -> EngineStats:
        oldest_s = min((e.submitted_s for e in self._queued()), default=now)
        return EngineStats(
            n_queued=len(self._generate),
            n_running=len(self.running),
            max_queued=self.limits.max_queued,
            oldest_wait_s=max(0.0, now - oldest_s),
            models=models,
            n_slots=self.limits.n_slots,
            n_queued_classify=len(self._classify),
            retry_after_s=self.retry_after_s(),
            wait_s=self.wait_s(),
            reply_s=self._pace.reply_s,
        )

    @staticmethod
    def _n_within(queue: Iterable[Entry], budget: int) -> int:
        """Count the first entries whose padded tokens fit; one always does."""
        longest = 0
        n_entries = 0
        for n_entries, entry in enumerate(queue, start=1):
            longest = max(longest, len(entry.tokens))
            if n_entries > 1 and n_entries * longest > budget:
                return n_entries - 1
        return n_entries

    def _queued(self) -> Iterator[Entry]:
        yield from self._classify
        yield from self._generate

    def _all(self) -> Iterator[Entry]:
        yield from self._queued()
        yield from self.running.values()


def _pop(queue: deque[Entry], n_entries: int) -> Iterator[Entry]:
    return (queue.popleft() for _ in range(n_entries))
