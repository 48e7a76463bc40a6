"""Score texts in TensorFlow: encode, forward, decode, as `inference.classifier` in torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from inference.backends import Encoding
from inference.tensorflow.model import inputs_of, logits_of
from inference.windows import pooled, windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from inference.tensorflow.loading import KerasModel

MAX_ROWS = 32  # windows forwarded at once
ANY_SIZE = tf.TensorSpec([None, None], tf.int32)


class KerasClassifier:
    """A `backends.Classifier` over a BERT of KerasHub.

    Shapes: B texts or windows of texts, L tokens of the longest, C labels.
    """

    def __init__(self, model: KerasModel) -> None:
        self._model = model
        # One graph for all sizes: to trace anew for each would cost a second each.
        self._forward = tf.function(self._logits, input_signature=[ANY_SIZE, ANY_SIZE])
        self._slope = tf.function(self._slope_at, reduce_retracing=True)

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
        """Score each text; one that is too long in windows, of which none is cut again."""
        cut = [self.windows(tokens) for tokens in batch]
        rows = [row for parts in cut for row in parts]
        scores = iter(
            one
            for at in range(0, len(rows), MAX_ROWS)
            for one in self._decode(self.logits(rows[at : at + MAX_ROWS]))
        )
        return [pooled([next(scores) for _ in parts]) for parts in cut]

    def logits(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return (B, C) before the temperature; no row is cut."""
        found: NDArray[np.float32] = self._forward(*padded(rows, self._model.pad_token))
        return np.asarray(found)

    def slopes(
        self,
        tokens: Sequence[int],
        is_of_word: Sequence[bool],
        label: str,
        shares: Sequence[float],
    ) -> list[list[float]]:
        """Return (points, L), see `backends.Differentiable`; padding is what is empty."""
        embed = self._model.model.backbone.token_embedding
        ids = np.array([tokens], dtype=np.int32)
        end = embed(ids)  # (1, L, width)
        start = embed(np.where(np.array([is_of_word]), self._model.pad_token, ids))
        along = np.array(shares, dtype=np.float32)[:, None, None]
        points = start + along * (end - start)
        gradient = self._slope(points, tf.constant(self._model.labels.index(label)))
        slopes: list[list[float]]
        slopes = tf.reduce_sum(gradient * (end - start), -1).numpy().tolist()
        return slopes

    def _slope_at(self, points: Any, column: Any) -> Any:
        """Return how each embedding (P, L, width) moves the score of that label."""
        with tf.GradientTape() as tape:
            tape.watch(points)
            logits = logits_of(self._model.model, points) / self._model.temperature
            score = tf.reduce_sum(tf.gather(tf.nn.softmax(logits), column, axis=1))
        return tape.gradient(score, points)

    def _logits(self, tokens: Any, mask: Any) -> Any:
        return self._model.model(inputs_of(tokens, mask), training=False)

    def _decode(self, logits: NDArray[np.float32]) -> list[dict[str, float]]:
        scaled = logits.astype(np.float64) / self._model.temperature
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        rows = (powers / powers.sum(axis=1, keepdims=True)).tolist()
        return [dict(zip(self._model.labels, row, strict=True)) for row in rows]


def padded(
    batch: Sequence[Sequence[int]], pad: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return tokens and mask, both (B, L), filled up on the right."""
    longest = max(len(tokens) for tokens in batch)
    ids = [[*tokens, *[pad] * (longest - len(tokens))] for tokens in batch]
    mask = [[int(i < len(tokens)) for i in range(longest)] for tokens in batch]
    return np.array(ids, dtype=np.int32), np.array(mask, dtype=np.int32)
