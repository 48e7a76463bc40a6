"""Replies of our own writing to messages of the data sets and of `lines/`.

The data sets may not be committed, so a reply names its message by a hash; a message that
is not at hand is passed over.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from inference.training.dialogue import Pair

if TYPE_CHECKING:
    from collections.abc import Iterable

ANSWERS = Path(__file__).parent / "answers"
WEIGHT = 1.5  # written for this bot, where the data sets were written for people
HELD_OUT_BYTES = 10  # of 256


def key_of(message: str) -> str:
    """Return 12 hex digits that name a message, whatever its white space."""
    return hashlib.sha256(" ".join(message.split()).encode()).hexdigest()[:12]


def read_answers(folder: Path = ANSWERS) -> dict[str, str]:
    """Return {message key: reply} of all `KEY<TAB>REPLY` files."""
    lines = [
        line.partition("\t")
        for path in sorted(folder.glob("*.tsv"))
        for line in path.read_text().splitlines()
    ]
    return {key: reply for key, _, reply in lines}


def answered(messages: Iterable[tuple[str, str | None]]) -> list[Pair]:
    """Return a pair for every (message, label) that we have written a reply to."""
    answers = read_answers()
    pairs = {
        key_of(message): Pair(label, (), message, answers[key_of(message)], WEIGHT)
        for message, label in messages
        if key_of(message) in answers
    }
    return list(pairs.values())


def is_held_out(pair: Pair) -> bool:
    """Tell whether the pair is kept for validation: about one in twenty-five."""
    return int(key_of(pair.message)[:2], 16) < HELD_OUT_BYTES
