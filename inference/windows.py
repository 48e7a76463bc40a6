"""Read a text that is longer than a model reads at once: window by window, then pooled.

No torch here: whoever queues the windows of a long text one by one needs these alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

N_SPECIAL = 2  # the tokens that open and close every text, and so every window
LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class WindowRule:
    """Windows of at most `size` tokens, neighbours share `overlap`, `most` of a text."""

    size: int
    overlap: int = 0
    most: int = 1

    def __post_init__(self) -> None:
        is_usable = 0 <= self.overlap < self.size - N_SPECIAL and self.most >= 1
        if not is_usable:
            raise ValueError(f"{self} leaves no room for words.")


def rule_in(name: str, manifest: Mapping[str, Any]) -> WindowRule | None:
    """Return how the model's manifest says to cut; None: it reads a text's begin alone.

    Raises ModelFileError for a rule that cannot be followed.
    """
    values = manifest.get("windows")
    if values is None:
        return None
    try:
        rule = WindowRule(**values)
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"{name}: {values} cut no windows.") from error
    if rule.size > int(manifest["max_tokens"]):
        raise ModelFileError(f"{name}: its windows are longer than what it reads.")
    return rule


def windows(tokens: Sequence[int], rule: WindowRule) -> list[list[int]]:
    """Cut the tokens into windows, each opened and closed by the text's own first and last.

    They lie evenly from the text's begin to its end, all but a lone one equally long, and
    share at least `overlap` tokens; only a text too long for `most` leaves gaps between.
    """
    if len(tokens) <= rule.size:
        return [list(tokens)]
    opening, *body, closing = tokens
    room = rule.size - N_SPECIAL
    return [
        [opening, *body[start : start + room], closing]
        for start in _starts(len(body), room, rule)
    ]


def _starts(length: int, room: int, rule: WindowRule) -> list[int]:
    needed = math.ceil((length - rule.overlap) / (room - rule.overlap))
    n = min(needed, rule.most)
    last = length - room
    return [i * last // (n - 1) for i in range(n)] if n > 1 else [0]


def pooled(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the windows' geometric mean, scaled to sum to 1: labels keep their order.

    It is the softmax of the mean of their logits, so that one temperature calibrates the
    windows and the whole alike.
    """
    if len(scores) == 1:
        return dict(scores[0])
    means = {
        label: math.fsum(math.log(max(one[label], LEAST)) for one in scores)
        / len(scores)
        for label in scores[0]
    }
    highest = max(means.values())
    powers = {label: math.exp(mean - highest) for label, mean in means.items()}
    total = math.fsum(powers.values())
    return {label: power / total for label, power in powers.items()}
