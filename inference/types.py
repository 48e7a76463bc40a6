"""The values that cross the engine's borders: requests in, events out, and its client.

An engine answers a `ClassifyRequest` with one `Classified` or one `Failed`, an
`ExplainRequest` with one `Explained` or one `Failed`, and a `GenerateRequest` with any
number of `Delta` and then exactly one `Finished` or `Failed`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


QUEUE_TIMEOUT_S = 2.0


class Priority(IntEnum):
    """Who goes first; a second of waiting is worth one step up."""

    INTERACTIVE = 0
    REGENERATE = 1
    BATCH = 2
    EXPLANATION = 3


FinishReason = Literal["stop", "length", "stopped", "deadline"]
Method = Literal["occlusion", "lime", "gradients"]


@dataclass(frozen=True, slots=True)
class HistoryTurn:
    """An earlier turn of the conversation: what the person wrote, what we wrote back."""

    message: str
    reply: str


@dataclass(frozen=True, slots=True)
class ClassifyRequest:
    """Ask one classifier for the scores of one text, for `user`, whoever that is."""

    id: str
    classifier: str
    text: str
    queue_timeout_s: float = QUEUE_TIMEOUT_S
    priority: int = Priority.INTERACTIVE
    user: str = ""


@dataclass(frozen=True, slots=True)
class ExplainRequest:
    """Ask how much each word of a text speaks for `label`, in one classifier's reading.

    `label` None is the classifier's own guess, `method` None the one that measures best
    (docs/explanations.md). LIME draws `n_samples` texts, the same ones for the same seed.
    """

    id: str
    classifier: str
    text: str
    label: str | None = None
    method: Method | None = None
    n_samples: int = 1000
    seed: int = 0
    queue_timeout_s: float = 30.0
    total_timeout_s: float = 60.0
    priority: int = Priority.EXPLANATION
    user: str = ""


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """Ask for a reply to `text`; `label` is None where no classifier could tell.

    `history` is oldest first; `heard` are replies of this conversation whose words the
    new one shall not repeat. The same seed gives the same reply to the same request.
    """

    id: str
    text: str
    label: str | None
    history: tuple[HistoryTurn, ...] = ()
    heard: tuple[str, ...] = ()
    seed: int = 0
    max_new_tokens: int = 40
    queue_timeout_s: float = QUEUE_TIMEOUT_S
    total_timeout_s: float = 10.0
    priority: int = Priority.INTERACTIVE
    user: str = ""


@dataclass(frozen=True, slots=True)
class Classified:
    """Scores are a softmax over the classifier's labels, in label order; they sum to 1."""

    id: str
    label: str
    scores: dict[str, float]
    model_version: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class WordWeight:
    """A word from code point `start` to before `end`; above 0 it speaks for the label."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Explained:
    """What each word that the classifier reads does for `label`, in the text's order.

    `score` is the label's on the whole text. A weight is about what the score would
    lose without the word; the weights of two methods are not to be compared.
    """

    id: str
    label: str
    method: Method
    score: float
    words: tuple[WordWeight, ...]
    model_version: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Delta:
    """Text newly decoded, to be appended to what came before."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The one end of a reply that was generated, wholly or in part."""

    id: str
    reason: FinishReason
    n_tokens: int
    model_version: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The one end of a request that could not be served; `code` is an InferenceError's."""

    id: str
    code: str
    message: str
    retry_after_s: float | None = None


Request = ClassifyRequest | ExplainRequest | GenerateRequest
Event = Classified | Explained | Delta | Finished | Failed


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many values fell below each bound, and in the last bucket above all; their sum."""

    bounds: tuple[float, ...]
    buckets: tuple[int, ...]
    total: float


@dataclass(frozen=True, slots=True)
class EngineStats:
    """How busy an engine is; the heartbeat of a host carries it.

    `n_queued` of at most `max_queued` replies wait for one of `n_slots`; one more would
    wait for about `wait_s` and then take `reply_s`; `retry_after_s` is what a refused
    request would be told; `n_explaining` explanations wait or are being worked out;
    `models` holds names and versions.
    `histograms` and `counts` are what the engine measured since its start
    (`inference.measures`), `n_restarts` how often this client saw it come back.
    """

    n_queued: int = 0
    n_running: int = 0
    max_queued: int = 0
    oldest_wait_s: float = 0.0
    models: dict[str, str] = field(default_factory=dict)
    n_slots: int = 0
    n_queued_classify: int = 0
    retry_after_s: float = 1.0
    wait_s: float = 0.0
    reply_s: float = 0.0
    histograms: dict[str, Histogram] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    n_restarts: int = 0
    n_explaining: int = 0


class EngineClient(Protocol):
    """The one way into an engine from asyncio, whichever host runs it."""

    async def start(self) -> None:
        """Return once the engine is warm, or raise EngineLost."""

    async def close(self) -> None:
        """Let go of the engine; open requests end with EngineLost."""

    async def classify(self, request: ClassifyRequest) -> Classified:
        """Raise EngineBusy, EngineLost, ModelUnavailable or DeadlineExceeded."""
        ...

    async def explain(self, request: ExplainRequest) -> Explained:
        """Raise like `classify`; BadRequest for a label or a method that is not there.

        Cancelling the awaiting task ends the work at once.
        """
        ...

    def generate(self, request: GenerateRequest) -> AsyncIterator[Delta | Finished]:
        """Yield deltas and last of all one Finished; raise like `classify`.

        Closing the iterator early cancels the request within one step.
        """
        ...

    async def cancel(self, request_id: str) -> None:
        """End a request within one step.

        A reply's stream then yields Finished("stopped"); the others raise RequestCancelled.
        """

    def check_admission(self) -> None:
        """Raise EngineBusy or EngineLost at once where a new request would be refused."""

    def stats(self) -> EngineStats:
        """Return the latest heartbeat's figures, without waiting."""
        ...
