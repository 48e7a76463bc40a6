"""Prompts for the peers: the very tokens that our engine reads. Imports torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from inference.prompt import encode_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from inference.types import GenerateRequest

MAX_TOKENS = 128  # as in the shipped manifest


def prompt_of(tokenizer: Any, request: GenerateRequest) -> list[int]:
    return encode_prompt(
        tokenizer, request.label, request.history, request.text, MAX_TOKENS
    )


def pad(rows: Sequence[Sequence[int]], padding: int = 0) -> dict[str, Tensor]:
    """Return ids and mask (B, L) of rows of different lengths."""
    longest = max(len(row) for row in rows)
    ids = [[*row, *[padding] * (longest - len(row))] for row in rows]
    mask = [[int(i < len(row)) for i in range(longest)] for row in rows]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}
