"""Which emotion and which situation a message tells of: what is said of it, checked.

A pattern takes a family cookout in the rain for trouble with the family, and a person who
labels errs. So regressions over what the messages mean learn from patterns and labels, and
where they find one unlikely, the message is placed anew or answered in general: see
confident learning, Northcutt et al. 2021, https://arxiv.org/abs/1911.00068.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from inference.registry import EMOTION_LABELS
from inference.training.cross_fitting import CrossFitted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from inference.training.writer import Topic, Writer

    Embed = Callable[[Sequence[str]], Tensor]  # N texts to (N, width) of length 1

Row = tuple[str, str]  # message, emotion
LIKELY = 0.4  # from here on the pattern is believed
SURE = 0.6  # from here on another situation is
UNLIKELY_EMOTION = 0.15  # below, the label is not believed
SURE_EMOTION = 0.5


class Situations:
    """Learns from messages with their emotions; places these and any others."""

    def __init__(self, writer: Writer, rows: Sequence[Row], embed: Embed) -> None:
        self._writer = writer
        self._embed = embed
        self._known: dict[str, Tensor] = {}
        texts = [message for message, _ in rows]
        vectors = self._vectors(rows)
        said = [EMOTION_LABELS.index(emotion) for _, emotion in rows]
        self._emotions = CrossFitted(texts, vectors, said, len(EMOTION_LABELS))
        self._topics = {
            emotion: self._of_emotion(emotion, rows, vectors)
            for emotion in EMOTION_LABELS
        }

    def emotions(self, rows: Sequence[Row]) -> list[str | None]:
        """Return each row's emotion, a likelier one, or None where nobody can tell."""
        texts = [message for message, _ in rows]
        scores = self._emotions.scores(texts, self._vectors(rows))
        return [
            _emotion(one.tolist(), e) for one, (_, e) in zip(scores, rows, strict=True)
        ]

    def topics(self, rows: Sequence[Row]) -> list[Topic]:
        """Return each row's situation; the emotion's last, that fits any, if in doubt."""
        vectors, found = self._vectors(rows), {}
        for emotion, judge in self._topics.items():
            places = [i for i, (_, of_row) in enumerate(rows) if of_row == emotion]
            scores = judge.scores([rows[i][0] for i in places], vectors[places])
            for i, of_row in zip(places, scores, strict=True):
                found[i] = self._topic(of_row, rows[i][0], emotion)
        return [found[i] for i in range(len(rows))]

    def _vectors(self, rows: Sequence[Row]) -> Tensor:
        """Return (N, width); the same message is read once."""
        new = list({message for message, _ in rows} - self._known.keys())
        if new:
            self._known |= dict(zip(new, self._embed(new), strict=True))
        known = [self._known[message] for message, _ in rows]
        return torch.stack(known) if known else self._embed(())

    def _of_emotion(
        self, emotion: str, rows: Sequence[Row], vectors: Tensor
    ) -> CrossFitted:
        places = [i for i, (_, of_row) in enumerate(rows) if of_row == emotion]
        texts, topics = [rows[i][0] for i in places], self._writer.topics[emotion]
        targets = [topics.index(self._writer.topic(emotion, text)) for text in texts]
        return CrossFitted(texts, vectors[places], targets, len(topics))

    def _topic(self, scores: Tensor, message: str, emotion: str) -> Topic:
        topics = self._writer.topics[emotion]
        named = self._writer.topic(emotion, message)
        if named is not topics[-1] and scores[topics.index(named)] >= LIKELY:
            return named
        best = int(scores[:-1].argmax())
        return topics[best] if scores[best] >= SURE else topics[-1]


def _emotion(scores: list[float], said: str) -> str | None:
    if scores[EMOTION_LABELS.index(said)] >= UNLIKELY_EMOTION:
        return said
    best = max(range(len(scores)), key=lambda i: scores[i])
    return EMOTION_LABELS[best] if scores[best] >= SURE_EMOTION else None
