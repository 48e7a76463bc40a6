"""Score texts with a BERT of KerasHub, in TensorFlow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from inference.tensorflow.model import inputs_of, logits_of
from inference.text_classifier import TextClassifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from inference.tensorflow.loading import KerasModel

ANY_SIZE = tf.TensorSpec([None, None], tf.int32)


class KerasClassifier(TextClassifier):
    """A `TextClassifier` over a BERT of KerasHub."""

    def __init__(self, model: KerasModel) -> None:
        super().__init__(model)
        # One graph for all sizes: to trace anew for each would cost a second each.
        self._forward = tf.function(self._logits, input_signature=[ANY_SIZE, ANY_SIZE])
        self._slope = tf.function(self._slope_at, reduce_retracing=True)

    def logits(
        self, tokens: Sequence[Sequence[int]], mask: Sequence[Sequence[int]]
    ) -> NDArray[Any]:
        ids, masks = (np.array(rows, dtype=np.int32) for rows in (tokens, mask))
        return np.asarray(self._forward(ids, masks))

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
