"""A line of a phrase table: what may be said, and what may be answered."""

from __future__ import annotations

from dataclasses import dataclass

ANY = "any"


@dataclass(frozen=True, slots=True)
class Exchange:
    """Messages that mean the same, replies that fit each of them; `n` pairs are drawn.

    `label` is an emotion, or ANY where the classifier may say whatever it likes. Slots
    such as {pet} get the same filling in message and reply.
    """

    label: str
    messages: tuple[str, ...]
    replies: tuple[str, ...]
    n: int = 60
