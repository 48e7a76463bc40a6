"""Train any classifier: one function, whatever the family."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
)

from inference.registry import CLASSIFIERS
from inference.training.augment import augment
from inference.training.batches import pad, plan_batches
from inference.training.data import (
    DataError,
    LabelledText,
    find_split,
    read_labelled,
    read_training_mix,
)
from inference.training.fit import FitSettings, Run
from inference.training.metrics import Floats, Ints, classification_figures
from inference.training.presets import ClassifierPreset, packaged_encoder, preset_for
from inference.training.saving import save_model
from inference.training.vocabulary import trim_embeddings, trim_wordpiece

if TYPE_CHECKING:
    from pathlib import Path

    from inference.training.order import Order

VALIDATION_LIMIT = 2_000
OnEpoch = Callable[[dict[str, float]], None]


def train_classifier(order: Order, on_epoch: OnEpoch | None = None) -> str:
    """Train, write the folder with the best epoch's weights, and return its version.

    Goes on from the checkpoint of the same order. Raises DataError, Interrupted.
    """
    preset = preset_for(order.name, paper=order.paper)
    labels = CLASSIFIERS[order.name].labels
    rows = read_training_mix(
        order.data, order.extra, labels, extra_limit=preset.extra_limit, seed=order.seed
    )
    model, tokenizer = _start(order, preset, rows, labels)
    validation = _validation_sets((order.data, *order.extra), labels)
    trainee = _ClassifierTrainee(
        model, tokenizer, rows, validation, labels, preset, order
    )
    run = Run(trainee, trainee.settings, order.checkpoint, order.identity)
    history = run.fit(on_epoch).history
    info = _info(order, preset, labels, len(rows), trainee.settings, history)
    version = save_model(order.output, model, model.config, tokenizer.to_str(), info)
    run.discard_checkpoint()
    return version


def _start(
    order: Order,
    preset: ClassifierPreset,
    rows: Sequence[LabelledText],
    labels: Sequence[str],
) -> tuple[PreTrainedModel, Tokenizer]:
    """Return the base's encoder under a fresh head, and its tokenizer, both trimmed."""
    torch.manual_seed(order.seed)
    base = order.base or str(packaged_encoder())
    model, tokenizer = _load_base(base, labels)
    if preset.trims_vocabulary and order.base is None:
        tokenizer, old_ids = trim_wordpiece(tokenizer, (row.text for row in rows))
        trim_embeddings(model, old_ids)
    model.to(torch.device(order.device))  # type: ignore[arg-type]
    return model, tokenizer


def _load_base(base: str, labels: Sequence[str]) -> tuple[PreTrainedModel, Tokenizer]:
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            base,
            id2label=dict(enumerate(labels)),
            label2id={label: i for i, label in enumerate(labels)},
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
        )
        fast = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise DataError(f"{base}: no checkpoint that can be used. {error}") from error
    tokenizer = Tokenizer.from_str(fast.backend_tokenizer.to_str())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return model, tokenizer


def _validation_sets(
    folders: Sequence[Path], labels: Sequence[str]
) -> dict[str, list[LabelledText]]:
    """Return each folder's val texts; the first folder's decide which epoch is best."""
    return {
        folder.name: read_labelled(find_split(folder, "val"), labels)[:VALIDATION_LIMIT]
        for folder in folders
    }


class _ClassifierTrainee:
    """Cross entropy over augmented texts; scored by accuracy and macro F1."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Tokenizer,
        rows: Sequence[LabelledText],
        validation: dict[str, list[LabelledText]],
        labels: Sequence[str],
        preset: ClassifierPreset,
        order: Order,
    ) -> None:
        self.model = model
        self.rows = rows
        self.validation = validation
        self.labels = list(labels)
        self.preset = preset
        self.seed = order.seed
        self.settings = replace(
            preset.fit, epochs=order.epochs or preset.fit.epochs, seed=order.seed
        )
        self.tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self.tokenizer.enable_truncation(preset.train_tokens)
        texts = [row.text for row in rows]
        self.lengths = [len(e.ids) for e in self.tokenizer.encode_batch(texts)]

    def batches(self, epoch: int) -> list[list[int]]:
        size = self.settings.batch_size
        return plan_batches(self.lengths, size, seed=self.seed, epoch=epoch)

    def loss(self, batch: list[int], epoch: int) -> torch.Tensor:
        texts = [self._text(i, epoch) for i in batch]
        truth = torch.tensor([self.labels.index(self.rows[i].label) for i in batch])
        logits = batch_logits(self.model, self.tokenizer, texts)
        return cross_entropy(logits, truth.to(logits.device))

    def validate(self, model: PreTrainedModel) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, rows in self.validation.items():
            result = evaluate_rows(model, self.tokenizer, rows, self.labels)
            for key in ("accuracy", "macro_f1", "ece"):
                figures[f"{name}_{key}"] = round(result[key], 4)
        first = next(iter(self.validation))
        score = (figures[f"{first}_accuracy"] + figures[f"{first}_macro_f1"]) / 2
        return {"score": score, **figures}

    def _text(self, index: int, epoch: int) -> str:
        text = self.rows[index].text
        if not self.preset.augments:
            return text
        return augment(text, random.Random(f"{self.seed}-{epoch}-{index}"))


def batch_logits(
    model: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str]
) -> torch.Tensor:
    """Return (B, C) logits of the texts."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    tokens = pad(ids, model.config.pad_token_id or 0)
    mask = pad([[1] * len(row) for row in ids], 0)
    logits: torch.Tensor = model(
        input_ids=tokens.to(model.device), attention_mask=mask.to(model.device)
    ).logits
    return logits


@torch.inference_mode()
def evaluate_rows(
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    rows: Sequence[LabelledText],
    labels: Sequence[str],
    batch_size: int = 64,
) -> dict[str, Any]:
    """Return the figures of `classification_figures`; the model must be in eval mode."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i].text))
    scores: Floats = np.zeros((len(rows), len(labels)))
    for start in range(0, len(order), batch_size):
        part = order[start : start + batch_size]
        logits = batch_logits(model, tokenizer, [rows[i].text for i in part])
        scores[part] = logits.double().softmax(dim=-1).cpu().numpy()
    truth: Ints = np.array([list(labels).index(row.label) for row in rows])
    return classification_figures(scores, truth, labels)


def _info(
    order: Order,
    preset: ClassifierPreset,
    labels: Sequence[str],
    n_rows: int,
    settings: FitSettings,
    history: list[dict[str, float]],
) -> dict[str, Any]:
    return {
        "name": order.name,
        "task": CLASSIFIERS[order.name].task,
        "labels": list(labels),
        "max_tokens": preset.max_tokens,
        "training": {
            "base": order.base or packaged_encoder().parent.name.replace("_", "-"),
            "data": [order.data.name, *(folder.name for folder in order.extra)],
            "n_texts": n_rows,
            "settings": asdict(settings),
            "validation": history,
        },
    }
