"""Training multiplies by oneDNN and rounds nothing more than before."""

from __future__ import annotations

import pytest
import torch

from inference.training.products import by_onednn

PRODUCTS = torch.backends.mkldnn.matmul


def test_a_product_is_as_exact_as_ever_and_so_is_its_gradient() -> None:
    torch.manual_seed(3)
    weight = torch.randn(256, 1024, requires_grad=True)
    x = torch.randn(300, 256)
    with by_onednn():
        y = x @ weight
        y.square().sum().backward()
    exact = x.double() @ weight.detach().double()
    assert (y - exact).abs().max() < 1e-4  # bfloat16 would be off by 0.1
    assert weight.grad is not None
    assert torch.allclose(weight.grad.double(), x.double().T @ (2 * exact), atol=0.05)


def test_the_setting_is_put_back_whatever_happens() -> None:
    before = PRODUCTS.fp32_precision
    with pytest.raises(KeyboardInterrupt), by_onednn():
        raise KeyboardInterrupt
    assert PRODUCTS.fp32_precision == before


def test_where_the_cpu_would_round_nothing_is_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    before = PRODUCTS.fp32_precision
    with by_onednn():
        assert PRODUCTS.fp32_precision == before
