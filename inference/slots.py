"""A T5 decoder whose rows each stand at a position of their own.

transformers decodes a batch in step: all its rows start together. Here every row lives in
a slot; rows join and leave at any step. That works because T5 knows positions only by a
bias on attention scores: a table of it, gathered by each row's position, is all it takes.
Live rows are the slots 0..n-1; the last row moves into the place of one that leaves.

Shapes: S slots, B live rows, L layers, H heads, D size of a head, P source tokens,
T target tokens, V tokens that may be written, M model width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor

from inference.grouping import grouped
from inference.packed import Projection
from inference.t5_encoder import T5Encoder
from inference.t5_parts import NEVER, FeedForward, Norm, mask_of, projection

if TYPE_CHECKING:
    from collections.abc import Sequence

ENCODER_TOKENS = 32  # what one more run of the encoder costs, in tokens of one


@dataclass(frozen=True, slots=True)
class _Layer:
    """One decoder block's weights, with projections of one input fused."""

    self_norm: Norm
    self_qkv: Projection
    self_out: Projection
    cross_norm: Norm
    cross_q: Projection
    cross_kv: Projection
    cross_out: Projection
    feed_forward: FeedForward


class T5Slots:
    """The decoder's weights and the caches of its slots.

    `model` is a T5ForConditionalGeneration in eval mode. Only `tokens` get logits, in this
    order; by default all do.
    """

    def __init__(
        self,
        model: Any,
        n_slots: int,
        max_source: int,
        max_target: int,
        tokens: Sequence[int] | None = None,
    ) -> None:
        config = model.config
        self._model = model
        self._layers = [_read_layer(block) for block in model.decoder.block]
        self._heads, self._width = config.num_heads, config.d_kv
        self._logit_scale = (
            config.d_model**-0.5 if config.scale_decoder_outputs else 1.0
        )
        self._device, self._dtype = (
            model.lm_head.weight.device,
            model.lm_head.weight.dtype,
        )
        self._bias = _bias_table(model, max_target)  # (T, H, T)
        self._norm = Norm(model.decoder.final_layer_norm)
        self._head = _read_head(model, tokens)
        self._encode = T5Encoder(model)
        self._self_kv = self._cache(n_slots, max_target)
        self._cross_kv = self._cache(n_slots, max_source)
        self._tokens: list[int] = []
        self._positions: list[int] = []
        self._source_lengths: list[int] = []

    @property
    def n_rows(self) -> int:
        return len(self._tokens)

    @torch.inference_mode()
    def admit(self, prompts: Sequence[Sequence[int]]) -> None:
        """Encode the prompts and append a row for each; their keys are computed once."""
        lengths = [len(prompt) for prompt in prompts]
        start, end = self.n_rows, self.n_rows + len(prompts)
        # What a masked key holds must be finite.
        self._cross_kv[:, :, start:end] = 0
        self._self_kv[:, :, start:end] = 0
        for places in grouped(lengths, ENCODER_TOKENS):
            states = self._encode([prompts[place] for place in places])
            self._write_cross_kv([start + place for place in places], states)
        self._source_lengths += lengths
        self._tokens += [self._model.config.decoder_start_token_id] * len(prompts)
        self._positions += [0] * len(prompts)

    @torch.inference_mode()
    def step(self) -> Tensor:
        """Return every row's logits (B, V) for its next token; `advance` comes next."""
        n, positions = self.n_rows, self._tensor(self._positions)
        longest = max(self._positions) + 1
        bias = self._bias[positions, :, None, :longest]  # (B, H, 1, T)
        source_mask = mask_of(
            self._tensor(self._source_lengths), max(self._source_lengths), self._dtype
        )
        x = F.embedding(self._tensor(self._tokens), self._model.shared.weight)  # (B, M)
        for i, layer in enumerate(self._layers):
            q = self._write_self_kv(i, layer.self_norm(x), positions)
            keys, values = self._self_kv[i, :, :n, :, :longest]
            x = x + layer.self_out(self._attend(q, keys, values, bias))
            q = layer.cross_q(layer.cross_norm(x))
            keys, values = self._cross_kv[i, :, :n, :, : source_mask.shape[-1]]
            x = x + layer.cross_out(self._attend(q, keys, values, source_mask))
            x = layer.feed_forward(x)
        return self._head(self._norm(x) * self._logit_scale)

    def advance(self, tokens: Sequence[int]) -> None:
        """Tell each row which token it wrote; the next step reads it."""
        self._tokens = list(tokens)
        self._positions = [position + 1 for position in self._positions]

    def remove(self, row: int) -> None:
        """Free a row's slot by moving the last row into it."""
        last = self.n_rows - 1
        if row != last:
            self._self_kv[:, :, row] = self._self_kv[:, :, last]
            self._cross_kv[:, :, row] = self._cross_kv[:, :, last]
        for state in (self._tokens, self._positions, self._source_lengths):
            state[row] = state[last]
            state.pop()

    def clear(self) -> None:
        for state in (self._tokens, self._positions, self._source_lengths):
            state.clear()

    def _cache(self, n_slots: int, length: int) -> Tensor:
        """Return room for keys and values: (L, 2, S, H, length, D)."""
        shape = (len(self._layers), 2, n_slots, self._heads, length, self._width)
        return torch.zeros(shape, device=self._device, dtype=self._dtype)

    def _tensor(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, device=self._device)

    def _write_cross_kv(self, rows: Sequence[int], states: Tensor) -> None:
        for cache, layer in zip(self._cross_kv, self._layers, strict=True):
            both = self._split(states, layer.cross_kv)
            cache[:, rows, :, : states.shape[1]] = both

    def _split(self, states: Tensor, project: Projection) -> Tensor:
        """Project (B, P, M) to keys and values by head: (2, B, H, P, D)."""
        n, length = states.shape[:2]
        both = project(states).view(n, length, 2, self._heads, self._width)
        return both.permute(2, 0, 3, 1, 4)

    def _write_self_kv(self, i: int, x: Tensor, positions: Tensor) -> Tensor:
        """Cache each row's key and value at its position; return its query (B, H * D)."""
        n, inner = self.n_rows, self._heads * self._width
        qkv = self._layers[i].self_qkv(x)
        q, kv = qkv[:, :inner], qkv[:, inner:]
        rows = torch.arange(n, device=self._device)
        by_head = kv.reshape(n, 2, self._heads, self._width)  # (B, 2, H, D)
        self._self_kv[i][:, rows, :, positions] = by_head
        return q

    def _attend(self, q: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        """Return each row's attention (B, H * D); T5 does not scale its scores.

        Two products: of one query a row, a fused kernel makes less than these.
        """
        q = q.reshape(self.n_rows, self._heads, 1, self._width)
        shares = (q @ keys.transpose(-1, -2)).add_(mask).softmax(-1)
        return (shares @ values).reshape(self.n_rows, self._heads * self._width)


def _read_layer(block: Any) -> _Layer:
    attention, cross, feed_forward = block.layer
    own, other = attention.SelfAttention, cross.EncDecAttention
    return _Layer(
        self_norm=Norm(attention.layer_norm),
        self_qkv=projection(own.q, own.k, own.v),
        self_out=projection(own.o),
        cross_norm=Norm(cross.layer_norm),
        cross_q=projection(other.q),
        cross_kv=projection(other.k, other.v),
        cross_out=projection(other.o),
        feed_forward=FeedForward(feed_forward),
    )


def _read_head(model: Any, tokens: Sequence[int] | None) -> Projection:
    weight: Tensor = model.lm_head.weight.detach()
    return Projection(weight if tokens is None else weight[list(tokens)])


def _bias_table(model: Any, max_target: int) -> Tensor:
    """Return each position's bias on every earlier key: (T, H, T), -inf on later ones."""
    attention = model.decoder.block[0].layer[0].SelfAttention
    with torch.inference_mode():
        bias: Tensor = attention.compute_bias(max_target, max_target)[0]  # (H, T, T)
        later = torch.ones(max_target, max_target, device=bias.device).triu(1).bool()
        return bias.masked_fill(later, NEVER).transpose(0, 1).contiguous()
