"""Where a classifier's training starts: model, tokenizer and, for students, a teacher."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Tokenizer
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
)

from inference.errors import ModelFileError
from inference.loading import load_classifier
from inference.registry import CLASSIFIERS, MANIFEST_NAME
from inference.training.data import DataError
from inference.training.families import (
    distilbert_from,
    electra_from,
    label_maps,
    mobilebert_from,
    roberta_from,
)
from inference.training.presets import ClassifierPreset, packaged_encoder
from inference.training.teacher import Teacher
from inference.training.tutors import load_trained
from inference.training.vocabulary import train_bpe, trim_embeddings, trim_wordpiece

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inference.training.order import Order

LAYERS_WEIGHT = {"distilbert": 0.0, "mobilebert": 1.0}


@dataclass(frozen=True, slots=True)
class Start:
    model: PreTrainedModel
    tokenizer: Tokenizer
    teacher: Teacher | None = None


def start_classifier(
    order: Order,
    preset: ClassifierPreset,
    texts: Sequence[str],
    labels: Sequence[str],
) -> Start:
    """Return the family's start; raises DataError where base or teacher cannot be used."""
    torch.manual_seed(order.seed)
    start = _start(order, preset, texts, labels)
    start.model.to(torch.device(order.device))  # type: ignore[arg-type]
    return start


def _start(
    order: Order,
    preset: ClassifierPreset,
    texts: Sequence[str],
    labels: Sequence[str],
) -> Start:
    family = CLASSIFIERS[order.name].family
    if order.base is not None:
        return _from_checkpoint(order.base, family, labels)
    if order.name in LAYERS_WEIGHT and not order.paper:
        return _from_teacher(order)
    return _from_encoder(family, preset, texts, labels)


def _from_encoder(
    family: str,
    preset: ClassifierPreset,
    texts: Sequence[str],
    labels: Sequence[str],
) -> Start:
    """Start from the packaged encoder, its word pieces trimmed to those of the texts."""
    found = load_checkpoint(str(packaged_encoder()), labels, preset.hidden_act)
    pieces, old_ids = trim_wordpiece(found.tokenizer, texts)
    if family == "roberta":
        bpe = train_bpe(texts)
        return Start(roberta_from(found.model, found.tokenizer, bpe), bpe)
    trim_embeddings(found.model, old_ids)
    if family == "electra":
        return Start(electra_from(found.model), pieces)
    if family == "distilbert":
        return Start(distilbert_from(found.model), pieces)
    if family == "mobilebert":
        return Start(mobilebert_from(found.model), pieces)
    return Start(found.model, pieces)


def _from_teacher(order: Order) -> Start:
    """Start a student from the trained BERT, which goes on teaching it."""
    folder = order.teacher
    try:
        found = load_classifier(folder, order.device)
    except ModelFileError as error:
        raise DataError(f"{order.name} learns from our bert: {error}") from error
    build = distilbert_from if order.name == "distilbert" else mobilebert_from
    tokenizer = found.tokenizer
    tokenizer.no_truncation()
    teacher = Teacher(found.model, layers=LAYERS_WEIGHT[order.name])
    return Start(build(found.model), tokenizer, teacher)


def _from_checkpoint(base: str, family: str, labels: Sequence[str]) -> Start:
    is_ours = (Path(base) / MANIFEST_NAME).is_file()
    found = _from_ours(Path(base), labels) if is_ours else load_checkpoint(base, labels)
    if found.model.config.model_type != family:
        raise DataError(
            f"{base}: this is a {found.model.config.model_type}, no {family}."
        )
    return found


def _from_ours(folder: Path, labels: Sequence[str]) -> Start:
    """Go on from a classifier that was trained here, its head and all."""
    found = load_trained(folder, labels)
    found.tokenizer.no_truncation()
    return Start(found.model.requires_grad_(requires_grad=True), found.tokenizer)


def load_checkpoint(base: str, labels: Sequence[str], hidden_act: str = "") -> Start:
    """Load a local folder or a hub's model under a fresh head; raises DataError.

    `hidden_act` takes the place of the activation that the checkpoint was made with.
    """
    # Else transformers sends a hub's pickles to an outside service to be converted.
    os.environ["DISABLE_SAFETENSORS_CONVERSION"] = "1"
    try:
        model, report = AutoModelForSequenceClassification.from_pretrained(
            base,
            **label_maps(labels),
            **({"hidden_act": hidden_act} if hidden_act else {}),
            use_safetensors=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
        fast = AutoTokenizer.from_pretrained(base, trust_remote_code=False)
        tokenizer = Tokenizer.from_str(fast.backend_tokenizer.to_str())
    except Exception as error:  # what a damaged file raises, the libraries do not say
        needed = "config, fast tokenizer and safetensors weights are needed"
        raise DataError(f"{base}: no checkpoint; {needed}. {error}") from error
    if _lost(model, report):
        raise DataError(f"{base}: the weights are not those that its config tells of.")
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return Start(model, tokenizer)


def _lost(model: PreTrainedModel, report: Mapping[str, Any]) -> list[str]:
    """Return the encoder's weights that were not there, or of another shape.

    A pooler may be missing: not every pretraining has one.
    """
    keys = {*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])}
    prefix = f"{model.base_model_prefix}."
    return [k for k in keys if k.startswith(prefix) and ".pooler." not in k]
