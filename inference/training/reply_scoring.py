"""Encode pairs as the T5 meets them, and measure how well it foresees the replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import cross_entropy

from inference.prompt import END, encode_prompt
from inference.training.batches import pad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from inference.training.dialogue import Pair

MAX_PROMPT_TOKENS = 128
MAX_REPLY_TOKENS = 48
IGNORED = -100


def encode_pair_prompt(
    tokenizer: Tokenizer, pair: Pair, label: str | None
) -> list[int]:
    return encode_prompt(
        tokenizer, label, pair.history, pair.message, MAX_PROMPT_TOKENS
    )


def encode_reply(tokenizer: Tokenizer, reply: str) -> list[int]:
    """Return the reply's tokens, in its own case, cut to length, `</s>` last."""
    ids: list[int] = tokenizer.encode(reply, add_special_tokens=False).ids
    return [*ids[: MAX_REPLY_TOKENS - 1], int(tokenizer.token_to_id(END) or 0)]


def token_losses(
    model: PreTrainedModel, prompts: Sequence[list[int]], replies: Sequence[list[int]]
) -> torch.Tensor:
    """Return (B, T) losses of the replies' tokens, 0 on padding."""
    sources = pad(prompts, model.config.pad_token_id).to(model.device)
    targets = pad(replies, IGNORED).to(model.device)
    logits = model(
        input_ids=sources,
        attention_mask=sources != model.config.pad_token_id,
        labels=targets,
    ).logits
    losses = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return losses.view_as(targets)


@torch.inference_mode()
def pairs_perplexity(
    model: PreTrainedModel, tokenizer: Tokenizer, pairs: Sequence[Pair]
) -> float:
    """Return exp of the mean loss a token; the model must be in eval mode."""
    total, n_tokens = 0.0, 0
    for start in range(0, len(pairs), 64):
        part = pairs[start : start + 64]
        prompts = [encode_pair_prompt(tokenizer, p, p.label) for p in part]
        replies = [encode_reply(tokenizer, p.reply) for p in part]
        total += float(token_losses(model, prompts, replies).sum())
        n_tokens += sum(map(len, replies))
    return float(torch.tensor(total / n_tokens).exp())
