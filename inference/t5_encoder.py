"""The T5's encoder with half the dispatches of transformers', to the same states.

For a message of 24 tokens the dispatches cost as much as the products.

Shapes: B prompts, P tokens of the longest, L layers, H heads, D size of a head, M model width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from inference.t5_parts import FeedForward, Norm, mask_of, projection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from inference.packed import Projection


@dataclass(frozen=True, slots=True)
class _Layer:
    norm: Norm
    qkv: Projection
    out: Projection
    feed_forward: FeedForward


class T5Encoder:
    """Reads prompts; `model` is a T5ForConditionalGeneration in eval mode."""

    def __init__(self, model: Any) -> None:
        self._words: Tensor = model.shared.weight
        self._heads, self._width = model.config.num_heads, model.config.d_kv
        self._pad_token: int = model.config.pad_token_id
        self._first = model.encoder.block[0].layer[0].SelfAttention
        self._layers = [_read_layer(block) for block in model.encoder.block]
        self._norm = Norm(model.encoder.final_layer_norm)
        self._bias: Tensor | None = None  # (1, H, P, P) of the longest so far

    def __call__(self, prompts: Sequence[Sequence[int]]) -> Tensor:
        """Return the states (B, P, M) of prompts padded on the right."""
        lengths = [len(prompt) for prompt in prompts]
        longest, pad = max(lengths), self._pad_token
        ids = [[*prompt, *[pad] * (longest - len(prompt))] for prompt in prompts]
        x = F.embedding(torch.tensor(ids, device=self._words.device), self._words)
        bias = self._bias_of(longest)
        if min(lengths) < longest:
            counts = torch.tensor(lengths, device=x.device)
            bias = bias + mask_of(counts, longest, x.dtype)
        for layer in self._layers:
            x = x + layer.out(self._attend(layer.qkv(layer.norm(x)), bias))
            x = layer.feed_forward(x)
        return self._norm(x)

    def _bias_of(self, length: int) -> Tensor:
        """Return what positions add to scores (1, H, P, P): only their distance counts."""
        if self._bias is None or self._bias.shape[-1] < length:
            self._bias = self._first.compute_bias(length, length)
        bias: Tensor = self._bias[:, :, :length, :length]
        return bias

    def _attend(self, qkv: Tensor, bias: Tensor) -> Tensor:
        """Return the heads' attention side by side (B, P, H * D); no scale in T5."""
        n, length = qkv.shape[:2]
        q, k, v = (
            qkv.view(n, length, 3, self._heads, self._width)
            .permute(2, 0, 3, 1, 4)
            .unbind()
        )
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=1.0)
        return out.transpose(1, 2).reshape(n, length, self._heads * self._width)


def _read_layer(block: Any) -> _Layer:
    attention, feed_forward = block.layer
    own = attention.SelfAttention
    return _Layer(
        norm=Norm(attention.layer_norm),
        qkv=projection(own.q, own.k, own.v),
        out=projection(own.o),
        feed_forward=FeedForward(feed_forward),
    )
