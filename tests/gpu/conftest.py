"""Tests of what runs on a CUDA device only: `make test-gpu`."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture(autouse=True)
def _exact_float32():
    """TF32 would keep ten bits of each factor, and call that float32."""
    if not torch.cuda.is_available():
        pytest.fail("No CUDA device is at hand: nothing was tested.", pytrace=False)
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32 = before
