"""What texts mean, as vectors of the pretrained encoder that comes as a package.

Source of the pooling: https://www.sbert.net, model all-MiniLM-L6-v2.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import torch
from transformers import AutoModel, AutoTokenizer

from inference.training.presets import packaged_encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from inference.training.situations import Embed

MAX_TOKENS = 96
BATCH_SIZE = 64


@cache
def embedder() -> Embed:
    """Return what turns N texts into (N, 384) of length 1; raises DataError without it."""
    folder = str(packaged_encoder())
    encoder = AutoModel.from_pretrained(folder).eval()
    cut = AutoTokenizer.from_pretrained(folder)

    def pooled(texts: Sequence[str]) -> Tensor:
        tokens = cut(
            list(texts),
            padding=True,
            truncation=True,
            max_length=MAX_TOKENS,
            return_tensors="pt",
        )
        mask = tokens["attention_mask"][..., None]
        states = encoder(**tokens).last_hidden_state
        return torch.nn.functional.normalize(
            (states * mask).sum(1) / mask.sum(1), dim=-1
        )

    @torch.inference_mode()
    def embed(texts: Sequence[str]) -> Tensor:
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found = torch.zeros(len(texts), encoder.config.hidden_size)
        for start in range(0, len(order), BATCH_SIZE):
            part = order[start : start + BATCH_SIZE]
            found[part] = pooled([texts[i] for i in part])
        return found

    return embed
