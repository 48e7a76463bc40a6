"""Which messages and replies the T5 learns from, and which judge it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.registry import EMOTION_LABELS
from inference.training.answers import (
    answered,
    answered_turns,
    is_held_out,
    own_talk,
)
from inference.training.data import NO_LABEL
from inference.training.dialogue import Pair, read_pairs, select_pairs
from inference.training.own_lines import own_lines
from inference.training.own_pairs import own_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SOURCE = "empathetic_dialogues"
N_WITH_HISTORY = 6_000
VALIDATION_LIMIT = 1_000


def training_pairs(data: Path, seed: int) -> list[Pair]:
    """Return the fit openings, a share of the later turns, and the pairs of our own.

    An opening that we have answered ourselves comes with our answer, not with the set's.
    """
    pairs = read_pairs(data / SOURCE / "train.jsonl")
    own = own_answers(pairs)
    answers = {pair.message for pair in own}
    unanswered = (p for p in pairs if not p.history and p.message not in answers)
    later = select_pairs(pair for pair in pairs if pair.history)
    random.Random(seed).shuffle(later)
    learnt = [pair for pair in own if not is_held_out(pair)]
    return select_pairs(unanswered) + later[:N_WITH_HISTORY] + own_pairs(seed) + learnt


def own_answers(pairs: Sequence[Pair]) -> list[Pair]:
    """Return our answers to our own lines and to the openings, and what we wrote whole."""
    lines = [
        (row.text, None if row.label == NO_LABEL else row.label)
        for row in own_lines(EMOTION_LABELS)
    ]
    openings = [(pair.message, pair.label) for pair in pairs if not pair.history]
    found = answered(lines + openings)
    return found + answered_turns(found) + own_talk()


def texts_to_read(data: Path, seed: int) -> list[str]:
    """Return every message of the set and of our own, each once, in random order."""
    pairs = read_pairs(data / SOURCE / "train.jsonl")
    lines = [row.text for row in own_lines(EMOTION_LABELS)]
    texts = list(dict.fromkeys([pair.message for pair in pairs] + lines))
    random.Random(seed).shuffle(texts)
    return texts


def validation_pairs(data: Path) -> list[Pair]:
    """Return the first fit openings of the validation part, each of weight 1."""
    pairs = read_pairs(data / SOURCE / "val.jsonl")
    fit = select_pairs(pair for pair in pairs if not pair.history)
    return [replace(pair, weight=1.0) for pair in fit[:VALIDATION_LIMIT]]


def held_out_answers(data: Path) -> list[Pair]:
    """Return those of our own answers that are not trained on, each of weight 1."""
    pairs = own_answers(read_pairs(data / SOURCE / "train.jsonl"))
    return [replace(pair, weight=1.0) for pair in pairs if is_held_out(pair)]
