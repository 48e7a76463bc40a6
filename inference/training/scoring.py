"""Score labelled texts with a model, in training as for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from inference.training.batches import pad
from inference.training.families import labels_of
from inference.training.metrics import Floats, Ints, classification_figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer
    from transformers import PreTrainedModel

    from inference.training.data import LabelledText

BATCH_SIZE = 64


def encode_batch(
    model: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str]
) -> dict[str, torch.Tensor]:
    """Return `input_ids` and `attention_mask`, (B, L), on the model's device."""
    ids = [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]
    tokens = pad(ids, model.config.pad_token_id or 0)
    mask = pad([[1] * len(row) for row in ids], 0)
    device = next(model.parameters()).device
    return {"input_ids": tokens.to(device), "attention_mask": mask.to(device)}


@torch.inference_mode()
def all_logits(
    model: PreTrainedModel, tokenizer: Tokenizer, texts: Sequence[str]
) -> Floats:
    """Return (N, C) logits; the model must be in eval mode."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    logits: Floats = np.zeros((len(texts), len(labels_of(model))))
    for start in range(0, len(order), BATCH_SIZE):
        part = order[start : start + BATCH_SIZE]
        batch = encode_batch(model, tokenizer, [texts[i] for i in part])
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
) -> dict[str, Any]:
    """Return the figures of `classification_figures`; the model must be in eval mode."""
    logits = all_logits(model, tokenizer, [row.text for row in rows])
    scores = softmax(logits, temperature)
    return classification_figures(scores, truth_of(rows, labels), labels)
