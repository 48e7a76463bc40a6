"""What the T5 learns last: messages of all kinds, answered by the writer."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from inference.registry import EMOTION_LABELS
from inference.training.augment import augment
from inference.training.data import NO_LABEL
from inference.training.dialogue import Pair, read_pairs
from inference.training.labels_told import teller
from inference.training.own_lines import own_lines
from inference.training.sentence_vectors import embedder
from inference.training.situations import Situations
from inference.training.writer import Writer
from inference.types import HistoryTurn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from inference.training.labels_told import Tell
    from inference.training.situations import Embed, Row
    from inference.training.writer import Intent, Topic

SOURCE = "empathetic_dialogues"
N_DRAWS = 2  # of each opening; what people type in chat is rarer, and drawn more often
READ_SHARE = 0.5  # of openings and second turns: the label as a chat is told it
N_OWN_DRAWS = 4
N_TALK_DRAWS = 4
N_GOING_ON = 8_000
VALIDATION_LIMIT = 1_000
WRONG_LABEL_SHARE = 0.2  # a classifier errs: what is said decides, not the label
HISTORY_SHARE = 0.25


class Told(NamedTuple):
    """A message, its emotion and its situation."""

    message: str
    emotion: str
    topic: Topic


def written_pairs(
    data: Path, seed: int, split: str = "train", embed: Embed | None = None
) -> list[Pair]:
    """Return the writer's pairs; those of `val` are on messages that nobody learnt from.

    `embed` tells what messages mean, by default with the packaged encoder.
    """
    rng, writer, tell = random.Random(f"{seed}-{split}"), Writer(), teller()
    rows = read_pairs(data / SOURCE / "train.jsonl")
    openings = _openings(rows)
    own = [(r.text, r.label) for r in own_lines(EMOTION_LABELS) if r.label != NO_LABEL]
    situations = Situations(writer, [*openings, *own], embed or embedder())
    if split != "train":
        judged = _openings(read_pairs(data / SOURCE / f"{split}.jsonl"))
        placed = _placed(situations, judged[:VALIDATION_LIMIT])
        return _as_read(tell, list(_opening_pairs(writer, placed, 1, rng)))
    heard = [
        *_opening_pairs(writer, _placed(situations, openings), N_DRAWS, rng),
        *_going_on(writer, situations, rows, rng),
    ]
    own_told = _opening_pairs(writer, _in_topics(situations, own), N_OWN_DRAWS, rng)
    told = [*_some_as_read(tell, heard, rng), *own_told]
    talk = [p for intent in writer.intents for p in _talk_pairs(intent, told, rng)]
    return [*told, *talk]


def _openings(pairs: Sequence[Pair]) -> list[Row]:
    return [(p.message, p.label) for p in pairs if not p.history and p.label]


def _placed(situations: Situations, rows: Sequence[Row]) -> list[Told]:
    """Return rows in their situations, without those whose emotion nobody can tell."""
    checked = zip(rows, situations.emotions(rows), strict=True)
    return _in_topics(situations, [(m, e) for (m, _), e in checked if e is not None])


def _in_topics(situations: Situations, rows: Sequence[Row]) -> list[Told]:
    topics = situations.topics(rows)
    return [Told(m, e, topic) for (m, e), topic in zip(rows, topics, strict=True)]


def _opening_pairs(
    writer: Writer, rows: Sequence[Told], n_draws: int, rng: random.Random
) -> Iterator[Pair]:
    for message, emotion, topic in rows:
        for _ in range(n_draws):
            reply = writer.reply(topic, message, rng)
            yield Pair(_read_label(emotion, rng), (), augment(message, rng), reply)


def _some_as_read(tell: Tell, pairs: Sequence[Pair], rng: random.Random) -> list[Pair]:
    chosen = {i for i in range(len(pairs)) if rng.random() < READ_SHARE}
    read = iter(_as_read(tell, [pairs[i] for i in sorted(chosen)]))
    return [next(read) if i in chosen else pair for i, pair in enumerate(pairs)]


def _as_read(tell: Tell, pairs: Sequence[Pair]) -> list[Pair]:
    labels = tell([pair.message for pair in pairs])
    return [replace(p, label=label) for p, label in zip(pairs, labels, strict=True)]


def _going_on(
    writer: Writer, situations: Situations, rows: Sequence[Pair], rng: random.Random
) -> Iterator[Pair]:
    """Second turns: the reply before is the writer's too, and is not said again."""
    later = [pair for pair in rows if len(pair.history) == 1 and pair.label]
    later = rng.sample(later, min(N_GOING_ON, len(later)))
    first = [(pair.history[0].message, str(pair.label)) for pair in later]
    then = [(pair.message, str(pair.label)) for pair in later]
    told = zip(_in_topics(situations, first), _in_topics(situations, then), strict=True)
    for (before, emotion, topic), (message, _, newer) in told:
        said = writer.reply(topic, before, rng)
        is_any = newer is writer.topics[emotion][-1]
        now = topic if is_any else newer
        reply = writer.next_reply(emotion, now, message, said, rng)
        history = (HistoryTurn(before, said),)
        yield Pair(_read_label(emotion, rng), history, message, reply)


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
