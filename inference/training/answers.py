"""Replies of our own writing to messages of the data sets and of `lines/`.

The data sets may not be committed, so a reply names its message by a hash; a message that
is not at hand is passed over.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from inference.training.data import NO_LABEL
from inference.training.dialogue import Pair
from inference.types import HistoryTurn

if TYPE_CHECKING:
    from collections.abc import Iterable

ANSWERS = Path(__file__).parent / "answers"
TURNS_NAME, TALK_NAME = "turns.tsv", "talk.tsv"
WHOLE_PAIRS = {TURNS_NAME, TALK_NAME}  # of other columns than the rest
WEIGHT = 1.5  # written for this bot, where the data sets were written for people
HELD_OUT_BYTES = 10  # of 256


def key_of(message: str) -> str:
    """Return 12 hex digits that name a message, whatever its white space."""
    return hashlib.sha256(" ".join(message.split()).encode()).hexdigest()[:12]


def read_answers(folder: Path = ANSWERS) -> dict[str, str]:
    """Return {message key: reply} of the files of `KEY<TAB>REPLY` lines."""
    paths = [p for p in sorted(folder.glob("*.tsv")) if p.name not in WHOLE_PAIRS]
    lines = [
        line.partition("\t") for path in paths for line in path.read_text().splitlines()
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


def own_talk(folder: Path = ANSWERS) -> list[Pair]:
    """Return the pairs whose message is ours too: `LABEL<TAB>MESSAGE<TAB>REPLY` lines."""
    lines = (folder / TALK_NAME).read_text().splitlines()
    rows = (line.split("\t") for line in lines)
    return [Pair(_label(label), (), text, reply, WEIGHT) for label, text, reply in rows]


def _label(name: str) -> str | None:
    return None if name == NO_LABEL else name


def answered_turns(pairs: Iterable[Pair], folder: Path = ANSWERS) -> list[Pair]:
    """Return how the talk goes on after some of the pairs, as we have written it.

    A line is `KEY<TAB>LABEL<TAB>NEXT MESSAGE<TAB>NEXT REPLY`; the key names the pair's
    message, and the label is `none` where the next message holds no emotion.
    """
    first = {key_of(pair.message): pair for pair in pairs}
    lines = (folder / TURNS_NAME).read_text().splitlines()
    return [
        _turn(first[key], label, message, reply)
        for key, label, message, reply in (line.split("\t") for line in lines)
        if key in first
    ]


def _turn(before: Pair, label: str, message: str, reply: str) -> Pair:
    history = (HistoryTurn(before.message, before.reply),)
    return Pair(_label(label), history, message, reply, WEIGHT)


def is_held_out(pair: Pair) -> bool:
    """Tell whether the pair is kept for validation: about one in twenty-five.

    What a talk began with decides, so that no half of it is learnt.
    """
    first = pair.history[0].message if pair.history else pair.message
    return int(key_of(first)[:2], 16) < HELD_OUT_BYTES
