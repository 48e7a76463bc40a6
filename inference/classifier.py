"""Score texts with a transformer in PyTorch."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from inference.packed import rough_copy, with_packed_linears
from inference.text_classifier import TextClassifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from inference.loading import LoadedClassifier


class TorchClassifier(TextClassifier):
    """A `TextClassifier` over any sequence classification model of transformers."""

    def __init__(self, model: LoadedClassifier) -> None:
        super().__init__(model)
        self._device = next(model.model.parameters()).device
        with_packed_linears(model.model)

    @torch.inference_mode()
    def logits(
        self, tokens: Sequence[Sequence[int]], mask: Sequence[Sequence[int]]
    ) -> NDArray[Any]:
        output = self._model.model(
            input_ids=torch.tensor(tokens, device=self._device),
            attention_mask=torch.tensor(mask, device=self._device),
        )
        logits: NDArray[Any] = output.logits.float().cpu().numpy()
        return logits

    @cached_property
    def rough(self) -> TorchClassifier:
        """See `backends.Rough`; made when it is first needed."""
        copied = rough_copy(self._model.model)
        return TorchClassifier(replace(self._model, model=copied)) if copied else self

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
        start = embed(torch.where(of_word, self._model.pad_token, ids)).detach()
        along = torch.tensor(shares, device=self._device)[:, None, None]
        points = (start + along * (end - start)).requires_grad_()
        logits = self._model.model(inputs_embeds=points).logits
        scores = (logits / self._model.temperature).softmax(-1)
        column = self._model.labels.index(label)
        (gradient,) = torch.autograd.grad(scores[:, column].sum(), points)
        slopes: list[list[float]] = (gradient * (end - start)).sum(-1).tolist()
        return slopes
