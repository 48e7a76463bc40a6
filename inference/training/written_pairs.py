"""What the T5 learns last: messages of all kinds, answered by the writer."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from inference.registry import EMOTION_LABELS
from inference.training.augment import augment
from inference.training.data import NO_LABEL
from inference.training.dialogue import Pair, read_pairs
from inference.training.own_lines import own_lines
from inference.training.writer import Writer
from inference.types import HistoryTurn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from inference.training.writer import Intent

SOURCE = "empathetic_dialogues"
N_DRAWS = 2  # of each opening; what people type in chat is rarer, and drawn more often
N_OWN_DRAWS = 4
N_TALK_DRAWS = 5
N_GOING_ON = 8_000
VALIDATION_LIMIT = 1_000
WRONG_LABEL_SHARE = 0.12  # a classifier errs: what is said decides, not the label
HISTORY_SHARE = 0.25


def written_pairs(data: Path, seed: int, split: str = "train") -> list[Pair]:
    """Return the writer's pairs; those of `val` are on messages that nobody learnt from."""
    rng, writer = random.Random(f"{seed}-{split}"), Writer()
    rows = read_pairs(data / SOURCE / f"{split}.jsonl")
    openings = [(p.message, p.label) for p in rows if not p.history and p.label]
    if split == "val":
        return list(_opening_pairs(writer, openings[:VALIDATION_LIMIT], 1, rng))
    own = [(r.text, r.label) for r in own_lines(EMOTION_LABELS) if r.label != NO_LABEL]
    told = [
        *_opening_pairs(writer, openings, N_DRAWS, rng),
        *_opening_pairs(writer, own, N_OWN_DRAWS, rng),
    ]
    talk = [p for intent in writer.intents for p in _talk_pairs(intent, told, rng)]
    return [*told, *_going_on(writer, rows, rng), *talk]


def _opening_pairs(
    writer: Writer, rows: Sequence[tuple[str, str]], n_draws: int, rng: random.Random
) -> Iterator[Pair]:
    for message, emotion in rows:
        for _ in range(n_draws):
            reply = writer.reply(emotion, message, rng)
            yield Pair(_read_label(emotion, rng), (), augment(message, rng), reply)


def _going_on(
    writer: Writer, rows: Sequence[Pair], rng: random.Random
) -> Iterator[Pair]:
    """Second turns: the reply before is the writer's too, and is not said again."""
    later = [pair for pair in rows if len(pair.history) == 1 and pair.label]
    for pair in rng.sample(later, min(N_GOING_ON, len(later))):
        emotion, before = str(pair.label), pair.history[0].message
        said = writer.reply(emotion, before, rng)
        reply = writer.next_reply(emotion, before, pair.message, said, rng)
        history = (HistoryTurn(before, said),)
        yield Pair(_read_label(emotion, rng), history, pair.message, reply)


def _talk_pairs(
    intent: Intent, others: Sequence[Pair], rng: random.Random
) -> Iterator[Pair]:
    for message in intent.messages:
        for _ in range(N_TALK_DRAWS):
            label = rng.choice(intent.labels or (None, *EMOTION_LABELS))
            history: tuple[HistoryTurn, ...] = ()
            if rng.random() < HISTORY_SHARE:
                other = rng.choice(others)
                history = (HistoryTurn(other.message, other.reply),)
            reply = rng.choice(intent.replies)
            yield Pair(label, history, augment(message, rng), reply)


def _read_label(emotion: str, rng: random.Random) -> str:
    is_wrong = rng.random() < WRONG_LABEL_SHARE
    return rng.choice(EMOTION_LABELS) if is_wrong else emotion
