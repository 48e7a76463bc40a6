"""Score texts with a transformer: encode, forward, decode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from inference.backends import Encoding
from inference.windows import pooled, windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.loading import LoadedClassifier


MAX_ROWS = 32  # windows forwarded at once


class TorchClassifier:
    """A `backends.Classifier` over any sequence classification model of transformers.

    Shapes: B texts or windows of texts, L tokens of the longest, C labels.
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
            for one in self._decode(self._forward(rows[at : at + MAX_ROWS]))
        )
        return [pooled([next(scores) for _ in parts]) for parts in cut]

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

    @torch.enable_grad()
    def slopes(
        self,
        tokens: Sequence[int],
        is_of_word: Sequence[bool],
        label: str,
        shares: Sequence[float],
    ) -> list[list[float]]:
        """Return (points, L), see `backends.Differentiable`; padding is what is empty."""
        embed = self._model.model.get_input_embeddings()
        ids = torch.tensor(tokens, device=self._device)
        of_word = torch.tensor(is_of_word, device=self._device)
        end = embed(ids).detach()  # (L, width)
        start = embed(torch.where(of_word, self._pad, ids)).detach()
        along = torch.tensor(shares, device=self._device)[:, None, None]
        points = (start + along * (end - start)).requires_grad_()
        logits = self._model.model(inputs_embeds=points).logits
        scores = (logits / self._model.temperature).softmax(-1)
        column = self._model.labels.index(label)
        (gradient,) = torch.autograd.grad(scores[:, column].sum(), points)
        slopes: list[list[float]] = (gradient * (end - start)).sum(-1).tolist()
        return slopes

    def _decode(self, logits: Tensor) -> list[dict[str, float]]:
        rows = (logits.cpu().double() / self._model.temperature).softmax(-1).tolist()
        return [dict(zip(self._model.labels, row, strict=True)) for row in rows]
