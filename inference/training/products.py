"""Products of float32 by oneDNN while a model trains: see ADR 0060."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def by_onednn() -> Iterator[None]:
    """Let torch multiply by oneDNN, where that rounds no factor; GPUs are not concerned.

    The setting allows bfloat16, and on CPUs with AMX oneDNN would take it at its word; on
    any other it computes in float32, twice as fast as MKL does on CPUs that are not Intel's.
    """
    products = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
    before = products.fp32_precision
    if not torch.cpu.get_capabilities().get("amx_bf16"):
        products.fp32_precision = "bf16"
    try:
        yield
    finally:
        products.fp32_precision = before
