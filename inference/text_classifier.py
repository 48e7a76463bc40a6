"""What every classifier does whatever computes it: cut, group, score, pool."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np

from inference.backends import Encoding
from inference.grouping import FORWARD_TOKENS, grouped
from inference.windows import pooled, windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from inference.classifier_files import Loaded

MAX_ROWS = 32  # windows forwarded at once


class TextClassifier(ABC):
    """A `backends.Classifier`; a framework has only to compute the logits.

    Shapes: B texts or windows of texts, L tokens of the longest, C labels.
    """

    forward_tokens = FORWARD_TOKENS

    def __init__(self, model: Loaded[Any]) -> None:
        self._model = model

    @property
    def version(self) -> str:
        return self._model.version

    def encode(self, text: str) -> list[int]:
        tokens: list[int] = self._model.tokenizer.encode(text).ids
        return tokens

    def trace(self, text: str) -> Encoding:
        encoding = self._model.tokenizer.encode(text)
        return Encoding(encoding.ids, encoding.offsets)

    def windows(self, tokens: Sequence[int]) -> list[list[int]]:
        """Return what the model reads of a text one after the other: itself, if short."""
        rule = self._model.windows
        return windows(tokens, rule) if rule else [list(tokens)]

    def classify(self, batch: Sequence[Sequence[int]]) -> list[dict[str, float]]:
        """Score each text; one that is too long in windows, of which none is cut again.

        Texts of unlike length are computed apart: padding costs as much as words.
        """
        cut = [self.windows(tokens) for tokens in batch]
        scores = iter(self._score([row for parts in cut for row in parts]))
        return [pooled([next(scores) for _ in parts]) for parts in cut]

    @abstractmethod
    def logits(
        self, tokens: Sequence[Sequence[int]], mask: Sequence[Sequence[int]]
    ) -> NDArray[Any]:
        """Return (B, C) of tokens (B, L) padded on the right, and of their mask."""

    def _score(self, rows: Sequence[Sequence[int]]) -> list[dict[str, float]]:
        scores: list[dict[str, float]] = [{}] * len(rows)
        lengths = [len(tokens) for tokens in rows]
        for group in grouped(lengths, self.forward_tokens):
            for at in range(0, len(group), MAX_ROWS):
                places = group[at : at + MAX_ROWS]
                batch = [rows[place] for place in places]
                logits = self.logits(*padded(batch, self._model.pad_token))
                for place, row in zip(places, self._shares(logits), strict=True):
                    scores[place] = dict(zip(self._model.labels, row, strict=True))
        return scores

    def _shares(self, logits: NDArray[Any]) -> list[list[float]]:
        """Return the softmax at the model's temperature."""
        scaled = logits.astype(np.float64) / self._model.temperature
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shares: list[list[float]] = (
            powers / powers.sum(axis=1, keepdims=True)
        ).tolist()
        return shares


def padded(
    rows: Sequence[Sequence[int]], pad: int
) -> tuple[list[list[int]], list[list[int]]]:
    """Return tokens and mask (B, L), padded on the right to the longest row."""
    longest = max(len(row) for row in rows)
    ids = [[*row, *[pad] * (longest - len(row))] for row in rows]
    return ids, [[int(i < len(row)) for i in range(longest)] for row in rows]
