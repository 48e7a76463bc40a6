"""What the engine asks of its models, so that it runs on any of them, fakes included.

The engine knows nothing of torch, tokenizers or vocabularies: a backend turns text into
tokens, and hands back scores or pieces of text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.types import GenerateRequest


@dataclass(frozen=True, slots=True)
class Admission:
    """A request about to get a slot, with its prompt's tokens."""

    request: GenerateRequest
    tokens: Sequence[int]


@dataclass(frozen=True, slots=True)
class Step:
    """What one decode step gave one row: its new text, and why it ended if it did."""

    id: str
    text: str
    finish: Literal["stop", "length"] | None = None


class Classifier(Protocol):
    """One classifier: `encode` a text, then `classify` a batch of encoded ones."""

    @property
    def version(self) -> str: ...

    def encode(self, text: str) -> Sequence[int]:
        """Return the text's tokens, cut to what the model reads."""
        ...

    def classify(self, batch: Sequence[Sequence[int]]) -> list[dict[str, float]]:
        """Return each text's scores, in label order; they sum to 1."""
        ...


@dataclass(frozen=True, slots=True)
class Encoding:
    """A text's tokens, cut to what the model reads, and what each stands for.

    A span is a start and an end in the text's code points; (0, 0) for a token that stands
    for none of them, such as the one at the start.
    """

    tokens: Sequence[int]
    spans: Sequence[tuple[int, int]]


@runtime_checkable
class Windowed(Protocol):
    """A classifier that reads a long text in windows, and pools what it finds in them."""

    def windows(self, tokens: Sequence[int]) -> Sequence[Sequence[int]]:
        """Return the tokens in windows, none of which `classify` cuts again."""
        ...


def windows_of(
    classifier: Classifier, tokens: Sequence[int]
) -> Sequence[Sequence[int]]:
    """Return what the classifier reads at once, one after the other."""
    if isinstance(classifier, Windowed):
        return classifier.windows(tokens)
    return [tokens]


@runtime_checkable
class Traceable(Protocol):
    """A classifier whose tokens are known as parts of the text; else it is a black box."""

    def trace(self, text: str) -> Encoding:
        """Return the tokens that `encode` returns, with their spans."""
        ...


@runtime_checkable
class Rough(Protocol):
    """A classifier that can trade digits for time, where many readings are averaged."""

    @property
    def rough(self) -> Classifier:
        """Return what reads the same tokens faster, scores within about 0.01; or itself."""
        ...


@runtime_checkable
class Differentiable(Protocol):
    """A classifier that tells how its score changes with its input."""

    def slopes(
        self,
        tokens: Sequence[int],
        is_of_word: Sequence[bool],
        label: str,
        shares: Sequence[float],
    ) -> Sequence[Sequence[float]]:
        """Return of each point on a path how fast each token raises the label's score.

        The tokens are one window's. The path leads to the text from one where the tokens of words are empty; a point
        is a share of it, 0 to 1. Shape: (points, tokens).
        """
        ...


class Generator(Protocol):
    """Writes many replies at once, one token a row and step; rows join and leave freely."""

    @property
    def version(self) -> str: ...

    def encode(self, request: GenerateRequest) -> Sequence[int]:
        """Return the prompt's tokens, cut to what the model reads."""
        ...

    def admit(self, batch: Sequence[Admission]) -> None:
        """Give each request a free slot; no token is chosen yet."""

    def step(self) -> list[Step]:
        """Choose one token for every row; a row that ends frees its slot by itself."""
        ...

    def release(self, request_id: str) -> None:
        """Free the slot of a row that is not to go on; an unknown id is no error."""

    def reset(self) -> None:
        """Free every slot, whatever state a failed step left behind."""
