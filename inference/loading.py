"""Build a model from its folder: safetensors shards, config, tokenizer, manifest.

No code comes with a model: its kind must be one that transformers knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import torch
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedModel,
)

from inference.classifier_files import (
    CONFIG_NAME,
    Loaded,
    loaded,
    read_labels,
    read_tokenizer,
)
from inference.errors import ModelFileError
from inference.model_files import read_files, read_manifest
from inference.prompt_formats import PromptFormat, TokenPrompt
from inference.tensors import read_weights

if TYPE_CHECKING:
    from pathlib import Path

    from tokenizers import Tokenizer

State = Mapping[str, torch.Tensor]


LoadedClassifier = Loaded[PreTrainedModel]


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a reply is sampled; a model's manifest holds the values tuned for it."""

    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 0.9
    repetition_penalty: float = 1.1
    no_repeat_ngram: int = 3
    no_repeat_heard: int = 4
    max_new_tokens: int = 40
    banned_tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedReplyModel:
    """A T5 ready to answer prompts of up to `max_tokens`, made by its `prompt`."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    version: str
    max_tokens: int
    decoding: Decoding
    prompt: PromptFormat = field(default_factory=TokenPrompt)


def load_classifier(
    folder: Path, device: str | torch.device = "cpu"
) -> LoadedClassifier:
    """Load a verified classifier, or raise ModelFileError saying what is wrong."""
    manifest = read_manifest(folder)
    files = read_files(folder, manifest)
    config = _config(folder, files)
    labels = read_labels(folder, manifest, config.id2label)
    model = _build(folder, AutoModelForSequenceClassification, config, files)
    pad = getattr(config, "pad_token_id", None)
    return loaded(folder, manifest, files, freeze(model, device), labels, pad)


def load_reply_model(
    folder: Path, device: str | torch.device = "cpu"
) -> LoadedReplyModel:
    """Load a verified reply model, or raise ModelFileError saying what is wrong."""
    manifest = read_manifest(folder)
    files = read_files(folder, manifest)
    model = _build(folder, AutoModelForSeq2SeqLM, _config(folder, files), files)
    return LoadedReplyModel(
        model=freeze(model, device),
        tokenizer=read_tokenizer(folder, files),
        version=manifest["version"],
        max_tokens=int(manifest["max_tokens"]),
        decoding=_decoding(folder, manifest),
    )


def _config(folder: Path, files: Mapping[str, bytes]) -> PretrainedConfig:
    try:
        values = json.loads(files[CONFIG_NAME])
        return AutoConfig.for_model(values.pop("model_type"), **values)
    except (KeyError, ValueError, TypeError) as error:
        raise ModelFileError(
            f"{folder.name}: {CONFIG_NAME} names no model type that is known."
        ) from error


def _build(
    folder: Path, auto_class: Any, config: PretrainedConfig, files: Mapping[str, bytes]
) -> PreTrainedModel:
    try:
        model = auto_class.from_config(config, dtype=torch.float32)
    except ValueError as error:
        raise ModelFileError(
            f"{folder.name}: a {config.model_type} cannot do this task."
        ) from error
    _fill(folder, model, _read_state(folder, files))
    return cast("PreTrainedModel", model)


def _read_state(folder: Path, files: Mapping[str, bytes]) -> dict[str, torch.Tensor]:
    weights = read_weights(folder, files)
    return {key: torch.from_numpy(array) for key, array in weights.items()}


def _fill(folder: Path, model: PreTrainedModel, state: State) -> None:
    """Copy the weights in as float32; every weight must come, or be tied to one."""
    try:
        result = model.load_state_dict(dict(state), strict=False)
    except RuntimeError as error:
        raise ModelFileError(
            f"{folder.name}: the weights have other shapes."
        ) from error
    model.tie_weights()
    own = model.state_dict()
    filled = {own[key].data_ptr() for key in state if key in own}
    missing = [k for k in result.missing_keys if own[k].data_ptr() not in filled]
    if missing or result.unexpected_keys:
        raise ModelFileError(f"{folder.name}: the weights do not fit the config.")


def freeze(model: PreTrainedModel, device: str | torch.device) -> PreTrainedModel:
    """Return the model on its device, to be run and never trained."""
    model.train(mode=False)
    model.requires_grad_(requires_grad=False)
    return cast("PreTrainedModel", model.to(device))  # type: ignore[arg-type]


def _decoding(folder: Path, manifest: Mapping[str, Any]) -> Decoding:
    values = dict(manifest.get("decoding", {}))
    try:
        values["banned_tokens"] = tuple(values.get("banned_tokens", ()))
        return Decoding(**values)
    except TypeError as error:
        raise ModelFileError(f"{folder.name}: unknown decoding settings.") from error
