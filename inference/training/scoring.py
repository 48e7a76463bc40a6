"""Score labelled texts with a model, in training as for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from inference.training.batches import pad
from inference.training.families import labels_of
from inference.training.metrics import Floats, Ints, classification_figures
from inference.windows import windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from inference.training.data import LabelledText
    from inference.windows import WindowRule

BATCH_SIZE = 64


def encode_batch(
    model: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str]
) -> dict[str, torch.Tensor]:
    """Return `input_ids` and `attention_mask`, (B, L), on the model's device."""
    return as_batch(model, [e.ids for e in tokenizer.encode_batch(list(texts))])


def as_batch(
    model: PreTrainedModel, rows: Sequence[Sequence[int]]
) -> dict[str, torch.Tensor]:
    """Return what `encode_batch` does, of tokens."""
    tokens = pad(rows, model.config.pad_token_id or 0)
    mask = pad([[1] * len(row) for row in rows], 0)
    device = next(model.parameters()).device
    return {"input_ids": tokens.to(device), "attention_mask": mask.to(device)}


def all_logits(
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    rule: WindowRule | None = None,
) -> Floats:
    """Return (N, C) logits, of a text in windows their mean; the model in eval mode."""
    found = window_logits(model, tokenizer, texts, rule)
    if not found:
        return np.zeros((0, len(labels_of(model))))
    return np.stack([of_text.mean(axis=0) for of_text in found])


def window_logits(
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    rule: WindowRule | None,
) -> list[Floats]:
    """Return for each text the (W, C) logits of its windows; of one where no rule cuts."""
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    cut = [windows(ids, rule) if rule else [ids] for ids in encoded]
    logits = _logits(model, [row for rows in cut for row in rows])
    ends = np.cumsum([len(rows) for rows in cut])
    return np.split(logits, ends[:-1]) if len(ends) else []


@torch.inference_mode()
def _logits(model: PreTrainedModel, rows: Sequence[Sequence[int]]) -> Floats:
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    logits: Floats = np.zeros((len(rows), len(labels_of(model))))
    for start in range(0, len(order), BATCH_SIZE):
        part = order[start : start + BATCH_SIZE]
        batch = as_batch(model, [rows[i] for i in part])
        logits[part] = model(**batch).logits.double().cpu().numpy()
    return logits


def truth_of(rows: Sequence[LabelledText], labels: Sequence[str]) -> Ints:
    """Return (N,) the place of each row's label among the labels."""
    return np.array([list(labels).index(row.label) for row in rows])


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    scores: Floats = powers / powers.sum(axis=1, keepdims=True)
    return scores


def evaluate_rows(
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    rows: Sequence[LabelledText],
    labels: Sequence[str],
    temperature: float = 1.0,
    rule: WindowRule | None = None,
) -> dict[str, Any]:
    """Return the figures of `classification_figures`; the model must be in eval mode."""
    logits = all_logits(model, tokenizer, [row.text for row in rows], rule)
    scores = softmax(logits, temperature)
    return classification_figures(scores, truth_of(rows, labels), labels)
