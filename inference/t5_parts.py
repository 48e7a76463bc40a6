"""What the T5's encoder and its decoder have in common, read from transformers' model.

Weights that take the same input are one product. Source: Raffel et al. 2020,
https://arxiv.org/abs/1910.10683, section 2.1, and modeling_t5 of transformers.

Shapes: N rows of any kind, M model width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from inference.packed import Projection

if TYPE_CHECKING:
    from torch import Tensor

NEVER = float("-inf")


class Norm:
    """T5's layer norm: scaled to a root mean square of 1, not centred, no bias."""

    def __init__(self, layer: Any) -> None:
        self._weight: Tensor = layer.weight.detach()
        self._eps: float = layer.variance_epsilon

    def __call__(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self._weight.shape, self._weight, self._eps)


class FeedForward:
    """A block's last layer, norm and residual included: (N, M) to (N, M)."""

    def __init__(self, layer: Any) -> None:
        dense = layer.DenseReluDense
        gates = (dense.wi_0, dense.wi_1) if hasattr(dense, "wi_0") else (dense.wi,)
        self._norm = Norm(layer.layer_norm)
        self._activation = dense.act
        self._gates = [projection(gate) for gate in gates]
        self._out = projection(dense.wo)

    def __call__(self, x: Tensor) -> Tensor:
        normed = self._norm(x)
        hidden: Tensor = self._activation(self._gates[0](normed))
        for gate in self._gates[1:]:
            hidden = hidden * gate(normed)
        return x + self._out(hidden)


def projection(*linears: Any) -> Projection:
    """Return the linear layers, which have no bias, as one: their outputs side by side."""
    return Projection(torch.cat([linear.weight.detach() for linear in linears]))


def mask_of(lengths: Tensor, longest: int, dtype: torch.dtype) -> Tensor:
    """Return 0 where a row of this length has a token, else -inf: (B, 1, 1, longest)."""
    places = torch.arange(longest, device=lengths.device)
    mask = torch.zeros(len(lengths), longest, device=lengths.device, dtype=dtype)
    return mask.masked_fill(places >= lengths[:, None], NEVER)[:, None, None]
