"""Spell out the phrase tables: pairs of our own writing, for what the data sets lack."""

from __future__ import annotations

import random
import re

from inference.registry import EMOTION_LABELS
from inference.training.dialogue import Pair
from inference.training.phrases.bright_times import BRIGHT_TIMES
from inference.training.phrases.exchange import ANY, Exchange
from inference.training.phrases.hard_times import HARD_TIMES
from inference.training.phrases.slots import SLOTS
from inference.training.phrases.small_talk import SMALL_TALK
from inference.types import HistoryTurn

HISTORY_SHARE = 0.25
NOT_ECHOED = frozenset({"who", "test", "dread", "place"})
_NAMED = re.compile(r",? \{name\}")
_VAGUE_PET = re.compile(r"\{pet\}")
_SLOT = re.compile(r"\{(\w+)\}")
_OPENERS = (
    "",
    "",
    "",
    "",
    "",
    "",
    "hey, ",
    "so ",
    "ugh, ",
    "well, ",
    "hi, ",
    "omg ",
    "honestly ",
)
_ENDINGS = ("", "", "", ".", ".", "!", "!!!", "...")
_SAD_ENDINGS = (*_ENDINGS, " :(", "..", " 😢")
_DARK = {"anger", "fear", "sadness"}


def own_pairs(seed: int) -> list[Pair]:
    """Return the pairs of all tables; the same seed gives the same pairs."""
    rng = random.Random(seed)
    talk = [p for exchange in SMALL_TALK for p in _draw(exchange, rng)]
    scenes = [p for e in (*HARD_TIMES, *BRIGHT_TIMES) for p in _draw(e, rng)]
    return [_with_history(pair, talk + scenes, rng) for pair in talk] + scenes


def _draw(exchange: Exchange, rng: random.Random) -> list[Pair]:
    """Return the exchange's pairs: every message first, then at random."""
    messages = list(exchange.messages)
    more = [rng.choice(messages) for _ in range(exchange.n - len(messages))]
    return [_spell_out(exchange, message, rng) for message in messages + more]


def _spell_out(exchange: Exchange, message: str, rng: random.Random) -> Pair:
    filling = {slot: rng.choice(values) for slot, values in SLOTS.items()}
    reply = rng.choice(_fitting(exchange, message)).format_map(_turned(filling))
    label = (
        rng.choice((None, *EMOTION_LABELS)) if exchange.label == ANY else exchange.label
    )
    return Pair(label, (), _typed(message.format_map(filling), exchange, rng), reply)


def _fitting(exchange: Exchange, message: str) -> list[str]:
    """Return the replies whose slots the message fills, those it can be trusted with first.

    A small model names the wrong relative or test as soon as it has to copy one: it says
    "your pet" instead, and takes up nobody's name.
    """
    safe = [_VAGUE_PET.sub("pet", _NAMED.sub("", reply)) for reply in exchange.replies]
    filled = [reply for reply in safe if _slots(reply) <= _slots(message)]
    return [reply for reply in filled if not _slots(reply) & NOT_ECHOED] or filled


def _slots(phrase: str) -> set[str]:
    return set(_SLOT.findall(phrase))


def _turned(filling: dict[str, str]) -> dict[str, str]:
    """Return the filling as the other speaker says it ("my job" becomes "your job")."""
    return {slot: re.sub(r"\bmy\b", "your", value) for slot, value in filling.items()}


def _typed(message: str, exchange: Exchange, rng: random.Random) -> str:
    """Return the message with an opener and an ending, as people type."""
    if exchange.label == ANY:
        return message + rng.choice(_ENDINGS)
    opener = rng.choice(_OPENERS)
    ending = rng.choice(_SAD_ENDINGS if exchange.label in _DARK else _ENDINGS)
    return f"{opener}{message}{ending}"


def _with_history(pair: Pair, others: list[Pair], rng: random.Random) -> Pair:
    """Put some other turn before a share of the pairs: thanks seldom come first."""
    if rng.random() > HISTORY_SHARE:
        return pair
    before = rng.choice(others)
    turn = HistoryTurn(before.message, before.reply)
    return Pair(pair.label, (turn,), pair.message, pair.reply, pair.weight)
