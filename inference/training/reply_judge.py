"""A judge of replies that had no part in making them.

A small two-tower encoder, trained here and now on pairs of the data sets by telling the
right reply from those of other messages. It answers two questions of a reply: does it
belong to its message, and is its tone that of the message's emotion?
"""

from __future__ import annotations

import random
import re
import zlib
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from inference.registry import EMOTION_LABELS
from inference.training.dialogue import read_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inference.training.dialogue import Pair

SOURCES = ("empathetic_dialogues", "dailydialog", "esconv")
N_BUCKETS = 2**15
WIDTH = 128
BATCH_SIZE = 256
EPOCHS = 4
N_CHOICES = 20
SHARPNESS = 12.0
DARK = {"anger", "fear", "sadness"}
BRIGHT = {"joy", "love"}
_DARK = [EMOTION_LABELS.index(label) for label in sorted(DARK)]
_BRIGHT = [EMOTION_LABELS.index(label) for label in sorted(BRIGHT)]


def trained_judge(data: Path) -> ReplyJudge:
    """Return a judge that has learnt the train pairs of the dialogue sets there are."""
    found = [data / name / "train.jsonl" for name in SOURCES]
    judge = ReplyJudge()
    judge.learn([pair for path in found if path.is_file() for pair in read_pairs(path)])
    return judge


class ReplyJudge(nn.Module):
    """Means of word and word-pair vectors; one tower reads messages, one reads replies.

    Source: in-batch negatives, https://arxiv.org/abs/1705.00652, section 3.4.
    """

    def __init__(self, seed: int = 13) -> None:
        torch.manual_seed(seed)
        super().__init__()
        self.seed = seed
        self.words = nn.EmbeddingBag(N_BUCKETS, WIDTH, mode="mean")
        self.message = nn.Linear(WIDTH, WIDTH)
        self.reply = nn.Linear(WIDTH, WIDTH)
        self.tone = nn.Linear(WIDTH, len(EMOTION_LABELS))

    def learn(self, pairs: Sequence[Pair]) -> None:
        """Train on the pairs; the same pairs and seed give the same judge."""
        optimizer = torch.optim.AdamW(self.parameters(), lr=3e-3)
        rng = random.Random(self.seed)
        rows = list(pairs)
        for _ in range(EPOCHS):
            rng.shuffle(rows)
            for start in range(0, len(rows) - BATCH_SIZE + 1, BATCH_SIZE):
                loss = self._loss(rows[start : start + BATCH_SIZE])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()

    @torch.inference_mode()
    def specificity(self, messages: Sequence[str], replies: Sequence[str]) -> float:
        """Return how often a reply's own message is found among 20 by the reply alone."""
        likeness = self._read_replies(replies) @ self._read_messages(messages).T
        rng = random.Random(self.seed)
        n_found = 0
        for i in range(len(replies)):
            strange = [j for j in range(len(replies)) if j != i]
            others = rng.sample(strange, min(N_CHOICES - 1, len(strange)))
            n_found += bool((likeness[i, others] < likeness[i, i]).all())
        return n_found / len(replies)

    @torch.inference_mode()
    def tone_agreement(self, labels: Sequence[str], replies: Sequence[str]) -> float:
        """Return how often a reply's tone, dark or bright, is that of its message's label.

        A surprise may be either, so those are left out.
        """
        shares = self.tone(self.words(*_bags(replies))).softmax(dim=1)
        is_dark = [
            sum(row[i] for i in _DARK) > sum(row[i] for i in _BRIGHT) for row in shares
        ]
        hits = [
            dark == (label in DARK)
            for label, dark in zip(labels, is_dark, strict=True)
            if label in DARK | BRIGHT
        ]
        return float(sum(hits) / max(1, len(hits)))

    def _loss(self, pairs: Sequence[Pair]) -> Tensor:
        messages = self._read_messages([pair.message for pair in pairs])
        replies = self._read_replies([pair.reply for pair in pairs])
        places = torch.arange(len(pairs))
        loss = cross_entropy(SHARPNESS * replies @ messages.T, places)
        labelled = [pair for pair in pairs if pair.label]
        tones = self.tone(self.words(*_bags([pair.reply for pair in labelled])))
        truth = torch.tensor([EMOTION_LABELS.index(p.label or "") for p in labelled])
        return loss + cross_entropy(tones, truth)

    def _read_messages(self, texts: Sequence[str]) -> Tensor:
        return normalize(self.message(self.words(*_bags(texts))), dim=-1)

    def _read_replies(self, texts: Sequence[str]) -> Tensor:
        return normalize(self.reply(self.words(*_bags(texts))), dim=-1)


def _bags(texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return the buckets of all words and pairs of words, and where each text starts."""
    rows = [_buckets(text) for text in texts]
    starts = [0]
    for row in rows[:-1]:
        starts.append(starts[-1] + len(row))
    flat = [bucket for row in rows for bucket in row]
    return torch.tensor(flat), torch.tensor(starts)


def _buckets(text: str) -> list[int]:
    words = re.findall(r"[a-z']+|[?!]", text.lower()) or ["-"]
    pairs = [f"{a} {b}" for a, b in zip(words, words[1:], strict=False)]
    return [zlib.crc32(gram.encode()) % N_BUCKETS for gram in words + pairs]
