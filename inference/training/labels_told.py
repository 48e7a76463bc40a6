"""Which emotion a chat would tell the T5: what a classifier reads, where that is likely.

A T5 that learns from these, beside the true ones, knows when to believe a label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.prompt import is_told
from inference.registry import EMOTION_LABELS, weights_dir
from inference.training.scoring import all_logits, softmax
from inference.training.tutors import load_trained

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Tell = Callable[[Sequence[str]], list[str | None]]

CLASSIFIER = "bert"


def teller() -> Tell:
    """Return what a chat is told of each of N texts; raises DataError without weights."""
    reader = load_trained(weights_dir(CLASSIFIER), EMOTION_LABELS)

    def tell(texts: Sequence[str]) -> list[str | None]:
        logits = all_logits(reader.model, reader.tokenizer, texts, reader.windows)
        return [_likely(row) for row in softmax(logits, reader.temperature).tolist()]

    return tell


def _likely(scores: list[float]) -> str | None:
    best = max(scores)
    return EMOTION_LABELS[scores.index(best)] if is_told(best) else None
