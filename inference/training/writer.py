"""Write replies that a small model can learn: what happened, then a question or a thought.

A T5 of seven million weights does not compose; it learns to tell situations apart and to
write one of a limited number of sentences well. `written/EMOTION.toml` holds them, by
situation, and `talk.toml` what is said where nobody tells of an emotion. The writer picks,
at random, what fits; its replies are what `training.replies` teaches last.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.registry import EMOTION_LABELS

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

WRITTEN = Path(__file__).parent / "written"

_RELATIVES = (
    "mom mum mother mommy dad daddy father sister brother husband wife fiance fiancee son"
    " daughter grandma grandpa grandmother grandfather granny nana aunt uncle cousin niece"
    " nephew boyfriend girlfriend partner boss manager teacher neighbor neighbour roommate"
    " flatmate friend landlord coworker colleague ex"
)
_PETS = "dog cat puppy kitten rabbit bunny horse hamster parrot bird"
_ADJECTIVE = (
    r"(?:(?:best|old|older|little|younger|big|oldest|youngest|baby|new|twin) )?"
)
_WHO = re.compile(rf"\bmy ({_ADJECTIVE}(?:{'|'.join(_RELATIVES.split())}))\b")
_PET = re.compile(rf"\bmy ({_ADJECTIVE}(?:{'|'.join(_PETS.split())}))\b")
_ASKS_ADVICE = re.compile(
    r"\b(?:what|how|who|where) (?:should|can|could|would|do|shall) (?:i|u|you|we)\b"
    r"|\bshould i\b|\bany (?:advice|tips?|ideas?|suggestions?)\b"
    r"|(?<!to )\bhelp me\b|(?:not|n'?t|no) (?:know|sure|idea) how to\b|\bhow to\b[^.!]*\?"
)
_SLOT = re.compile(r"\{(who|pet)\}")


@dataclass(frozen=True, slots=True)
class Topic:
    """A situation: `pattern` finds it; any `first` is followed by any `then`."""

    name: str
    pattern: re.Pattern[str]
    first: tuple[str, ...]
    then: tuple[str, ...]
    advice: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intent:
    """What is said when nobody tells of an emotion; no labels: whatever label is read."""

    name: str
    labels: tuple[str, ...]
    messages: tuple[str, ...]
    replies: tuple[str, ...]


class Writer:
    """The tables, and who picks from them; raises KeyError for an unknown emotion."""

    def __init__(self, folder: Path = WRITTEN) -> None:
        self.topics = {name: _topics(folder, name) for name in EMOTION_LABELS}
        self._going_on: dict[str, list[str]] = _read(folder, "going_on")
        self.intents = [_intent(row) for row in _read(folder, "talk")["intent"]]

    def topic(self, emotion: str, message: str) -> Topic:
        """Return the first situation whose pattern is there; the last fits any."""
        text = message.lower()
        found = (t for t in self.topics[emotion] if t.pattern.search(text))
        return next(found, self.topics[emotion][-1])

    def reply(self, topic: Topic, message: str, rng: random.Random) -> str:
        """Return a reply to a message that tells of this situation."""
        named = who_is_named(message)
        asks = topic.advice and _ASKS_ADVICE.search(message.lower())
        second = topic.advice if asks else topic.then
        return _joined(rng, named, topic.first, second)

    def next_reply(
        self, emotion: str, topic: Topic, message: str, said: str, rng: random.Random
    ) -> str:
        """Return a reply to what comes next, when `said` was answered before."""
        second = [line for line in topic.then if line not in said] or topic.then
        return _joined(rng, who_is_named(message), self._going_on[emotion], second)


def who_is_named(message: str) -> dict[str, str]:
    """Return who fills the slots: the first person and pet that the message calls "my"."""
    text = message.lower()
    found = {"who": _WHO.search(text), "pet": _PET.search(text)}
    return {slot: f"your {match[1]}" for slot, match in found.items() if match}


def _joined(rng: random.Random, named: dict[str, str], *parts: Sequence[str]) -> str:
    return " ".join(
        _filled(rng.choice(_usable(lines, named)), named) for lines in parts
    )


def _usable(lines: Sequence[str], named: dict[str, str]) -> list[str]:
    return [line for line in lines if set(_SLOT.findall(line)) <= set(named)]


def _filled(line: str, named: dict[str, str]) -> str:
    filled = line.format_map(named)
    return filled[0].upper() + filled[1:]


def _topics(folder: Path, emotion: str) -> list[Topic]:
    return [
        Topic(
            row["name"],
            re.compile(row["words"]),
            tuple(row["first"]),
            tuple(row["then"]),
            tuple(row.get("advice", ())),
        )
        for row in _read(folder, emotion)["topic"]
    ]


def _intent(row: dict[str, Any]) -> Intent:
    labels, messages, replies = (
        tuple(row.get(key, ())) for key in ("labels", "messages", "replies")
    )
    return Intent(row["name"], labels, messages, replies)


def _read(folder: Path, name: str) -> dict[str, Any]:
    return tomllib.loads((folder / f"{name}.toml").read_text())
