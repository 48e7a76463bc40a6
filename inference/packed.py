"""Multiply by weights in oneDNN's own order: the same product in half the time.

torch leaves a product of float32 to MKL, which on a CPU that is not Intel's does not use
AVX-512; oneDNN does, and wants the weights put in order once. A small product is left to
MKL, because the way to oneDNN costs more than it saves. What is measured of both, and of
bfloat16, is in ADR 0060.

Shapes: R rows, I inputs, O outputs.
"""

from __future__ import annotations

import copy
from typing import Any, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAST_PRODUCTS = 400_000  # R * I * O; below, MKL is as fast
Module = TypeVar("Module", bound=nn.Module)


class Projection:
    """Return `x @ weight.T` for x (..., I) and a weight (O, I) that no longer changes."""

    def __init__(self, weight: Tensor) -> None:
        self._turned = weight.t().contiguous()  # a third faster than F.linear
        self._packed = _in_onednns_order(weight) if can_be_packed(weight) else None

    def __call__(self, x: Tensor) -> Tensor:
        if self._packed is None or _is_small(x, self._turned):
            return x @ self._turned
        return _product(x, self._packed, None)


class PackedLinear(nn.Module):
    """A linear layer to be run; where gradients are asked for it is unpacked for them."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self._packed = _in_onednns_order(weight)
        self.bias = bias

    @property
    def weight(self) -> Tensor:
        return self._packed.to_dense()

    def forward(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            return F.linear(x, self.weight, self.bias)
        return _product(x, self._packed, self.bias)


class RoughLinear(nn.Module):
    """A linear layer whose factors are rounded to bfloat16, their sum in float32."""

    def __init__(self, dense: nn.Linear | PackedLinear) -> None:
        super().__init__()
        self._packed = _in_onednns_order(dense.weight.bfloat16())
        self._bias = dense.bias

    def forward(self, x: Tensor) -> Tensor:
        product = _product(x.bfloat16(), self._packed, None).float()
        return product if self._bias is None else product + self._bias


def can_be_packed(weight: Tensor) -> bool:
    is_ours = weight.device.type == "cpu" and weight.dtype is torch.float32
    return is_ours and _has_onednn()


def _in_onednns_order(weight: Tensor) -> Tensor:
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), None)
    return packed


def with_packed_linears(model: Module) -> Module:
    """Change a frozen model's linear layers for packed ones, in place, and return it."""
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Linear) and can_be_packed(module.weight):
            model.set_submodule(name, PackedLinear(module.weight, module.bias))
    return model


def rough_copy(model: nn.Module) -> Any:
    """Return a model that reads roughly and shares all other weights with this one.

    None where the CPU does not multiply bfloat16 by itself: then it would be slower.
    """
    first = next(model.parameters())
    if first.device.type != "cpu" or not has_fast_bfloat16():
        return None
    return _rough(model)


def _has_onednn() -> bool:
    return bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]


def has_fast_bfloat16() -> bool:
    able = torch.cpu.get_capabilities()
    return _has_onednn() and bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def _rough(module: Any) -> Any:
    if isinstance(module, nn.Linear | PackedLinear):
        return RoughLinear(module)
    found = copy.copy(module)
    found._modules = {name: _rough(part) for name, part in module._modules.items()}
    return found


def _is_small(x: Tensor, weight: Tensor) -> bool:
    n_rows = x.numel() // x.shape[-1]
    return n_rows == 1 or n_rows * weight.numel() < LEAST_PRODUCTS


def _product(x: Tensor, packed: Tensor, bias: Tensor | None) -> Tensor:
    found: Tensor = torch.ops.mkldnn._linear_pointwise.default(
        x, packed, bias, "none", [], ""
    )
    return found
