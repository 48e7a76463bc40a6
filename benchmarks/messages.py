"""What the benchmarks' people write: the same texts in the same order for every contender."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from inference.registry import EMOTION_LABELS
from inference.types import ClassifyRequest, GenerateRequest, HistoryTurn

FILE = Path(__file__).resolve().parent.parent / "tests" / "models" / "chat_messages.txt"
CLASSIFIER = "bert"
REPLY_TOKENS = (8, 30)  # how long replies are made, so that all do the same work
MAX_TURNS = 2
TIMEOUT_S = 600.0  # no peer knows deadlines, so none is to strike here


@dataclass(frozen=True, slots=True)
class Message:
    """One message, the turns before it, and how many tokens its reply has."""

    text: str
    label: str
    history: tuple[HistoryTurn, ...]
    n_tokens: int

    def to_generate(self, request_id: str) -> GenerateRequest:
        return GenerateRequest(
            request_id,
            self.text,
            self.label,
            self.history,
            max_new_tokens=self.n_tokens,
            queue_timeout_s=TIMEOUT_S,
            total_timeout_s=TIMEOUT_S,
        )

    def to_classify(self, request_id: str, classifier: str) -> ClassifyRequest:
        return ClassifyRequest(request_id, classifier, self.text, TIMEOUT_S)


def texts() -> list[str]:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return [line.rpartition(";")[0] for line in lines if line]


def messages(n: int, seed: int) -> list[Message]:
    """Return n messages; the same seed gives the same ones."""
    draw, every = random.Random(seed), texts()
    return [_message(draw, every) for _ in range(n)]


def _message(draw: random.Random, every: list[str]) -> Message:
    turns = (HistoryTurn(*draw.sample(every, 2)) for _ in range(MAX_TURNS))
    n_turns = draw.randint(0, MAX_TURNS)
    return Message(
        text=draw.choice(every),
        label=draw.choice(EMOTION_LABELS),
        history=tuple(turns)[:n_turns],
        n_tokens=draw.randint(*REPLY_TOKENS),
    )
