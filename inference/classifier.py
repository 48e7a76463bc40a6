"""Score texts with a transformer: encode, forward, decode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from inference.grouping import grouped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.loading import LoadedClassifier


class TorchClassifier:
    """A `backends.Classifier` over any sequence classification model of transformers.

    Shapes: B texts, L tokens of the longest, C labels.
    """

    def __init__(self, model: LoadedClassifier) -> None:
        self._model = model
        self._device = next(model.model.parameters()).device
        self._pad = model.model.config.pad_token_id or 0

    @property
    def version(self) -> str:
        return self._model.version

    def encode(self, text: str) -> list[int]:
        tokens: list[int] = self._model.tokenizer.encode(text).ids
        return tokens

    def classify(self, batch: Sequence[Sequence[int]]) -> list[dict[str, float]]:
        """Texts of unlike length are computed apart: padding costs as much as words."""
        scores: list[dict[str, float]] = [{}] * len(batch)
        for places in grouped([len(tokens) for tokens in batch]):
            rows = self._decode(self._forward([batch[place] for place in places]))
            for place, row in zip(places, rows, strict=True):
                scores[place] = row
        return scores

    @torch.inference_mode()
    def _forward(self, batch: Sequence[Sequence[int]]) -> Tensor:
        """Return logits (B, C) of the padded batch (B, L)."""
        longest = max(len(tokens) for tokens in batch)
        ids = [[*tokens, *[self._pad] * (longest - len(tokens))] for tokens in batch]
        mask = [[int(i < len(tokens)) for i in range(longest)] for tokens in batch]
        output = self._model.model(
            input_ids=torch.tensor(ids, device=self._device),
            attention_mask=torch.tensor(mask, device=self._device),
        )
        logits: Tensor = output.logits
        return logits

    def _decode(self, logits: Tensor) -> list[dict[str, float]]:
        rows = (logits.cpu().double() / self._model.temperature).softmax(-1).tolist()
        return [dict(zip(self._model.labels, row, strict=True)) for row in rows]
