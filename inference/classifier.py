"""Score texts with a transformer in PyTorch."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch

from inference.flat import Rows, flattened
from inference.packed import rough_copy, with_packed_linears
from inference.text_classifier import TextClassifier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from inference.loading import LoadedClassifier


# Padding costs only attention there; but one long text among short ones is still read apart.
FLAT_FORWARD_TOKENS = 1_000


class TorchClassifier(TextClassifier):
    """A `TextClassifier` over any sequence classification model of transformers."""

    def __init__(self, model: LoadedClassifier) -> None:
        super().__init__(model)
        self._device = next(model.model.parameters()).device
        with_packed_linears(model.model)
        self._is_flat = flattened(model.model)
        if self._is_flat:
            self.forward_tokens = FLAT_FORWARD_TOKENS

    @torch.inference_mode()
    def logits(
        self, tokens: Sequence[Sequence[int]], mask: Sequence[Sequence[int]]
    ) -> NDArray[Any]:
        ids = torch.tensor(tokens, device=self._device)
        if self._is_flat and len(tokens) > 1:  # one alone has no padding
            rows = Rows.of([sum(row) for row in mask])
            output = self._model.model(input_ids=ids, rows=rows)
        else:
            padding = torch.tensor(mask, device=self._device)
            output = self._model.model(input_ids=ids, attention_mask=padding)
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
