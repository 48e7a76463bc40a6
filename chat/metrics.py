"""What a web process counts of itself; `/metrics` shows it (docs/operations.md).

Nothing here names a person, a conversation or a text.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from prometheus_client import Counter, Histogram

from chat.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_WORD_S = Histogram(
    "emochat_first_word_seconds",
    "From a reply's place in the queue to its first word.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
)
REFUSALS = Counter(
    "emochat_refusals", "Messages and wishes that were not taken.", ["code"]
)
GAPS_HEALED = Counter(
    "emochat_layer_gaps_healed",
    "Snapshots sent because the channel layer had lost an event.",
)


@contextmanager
def count_refusals() -> Iterator[None]:
    """Count the ChatError that ends the block, by its code."""
    try:
        yield
    except ChatError as error:
        REFUSALS.labels(error.code).inc()
        raise
