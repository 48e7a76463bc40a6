"""Build a model from its folder: safetensors shards, config, tokenizer, manifest.

No code comes with a model: its kind must be one that transformers knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from tokenizers import Tokenizer
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedModel,
)

from inference.errors import ModelFileError
from inference.model_files import read_files, read_manifest
from inference.prompt_formats import PromptFormat, TokenPrompt
from inference.registry import CLASSIFIERS
from inference.windows import WindowRule, rule_in

if TYPE_CHECKING:
    from pathlib import Path

CONFIG_NAME = "config.json"
TOKENIZER_NAME = "tokenizer.json"
SCALE_SUFFIX = ".scale"

State = Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class LoadedClassifier:
    """A classifier ready to run: eval mode, float32; the tokenizer truncates, not pads.

    Its logits are to be divided by `temperature` before the softmax. One that reads long
    texts in `windows` has a tokenizer that leaves them whole.
    """

    model: PreTrainedModel
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    version: str
    max_tokens: int
    temperature: float = 1.0
    windows: WindowRule | None = None


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
    labels = _labels(folder, manifest, config)
    model = _build(folder, AutoModelForSequenceClassification, config, files)
    tokenizer = _tokenizer(folder, files)
    max_tokens = int(manifest["max_tokens"])
    rule = rule_in(folder.name, manifest)
    if rule is None:
        tokenizer.enable_truncation(max_tokens)
    model = freeze(model, device)
    return LoadedClassifier(
        model,
        tokenizer,
        labels,
        version=manifest["version"],
        max_tokens=max_tokens,
        temperature=_temperature(folder, manifest),
        windows=rule,
    )


def load_reply_model(
    folder: Path, device: str | torch.device = "cpu"
) -> LoadedReplyModel:
    """Load a verified reply model, or raise ModelFileError saying what is wrong."""
    manifest = read_manifest(folder)
    files = read_files(folder, manifest)
    model = _build(folder, AutoModelForSeq2SeqLM, _config(folder, files), files)
    return LoadedReplyModel(
        model=freeze(model, device),
        tokenizer=_tokenizer(folder, files),
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


def _labels(
    folder: Path, manifest: Mapping[str, Any], config: PretrainedConfig
) -> tuple[str, ...]:
    """Return the labels, which manifest, config and registry must agree on."""
    named = manifest.get("labels")
    labels = tuple(named) if isinstance(named, list) else ()
    id2label = {int(i): label for i, label in (config.id2label or {}).items()}
    in_config = tuple(id2label[i] for i in sorted(id2label))
    spec = CLASSIFIERS.get(str(manifest.get("name")))
    if not labels or labels != in_config or (spec and spec.labels != labels):
        raise ModelFileError(f"{folder.name}: the label map is not the expected one.")
    return labels


def _temperature(folder: Path, manifest: Mapping[str, Any]) -> float:
    temperature = manifest.get("temperature", 1.0)
    if not isinstance(temperature, float) or not 0.05 <= temperature <= 20:
        raise ModelFileError(f"{folder.name}: {temperature!r} is no temperature.")
    return temperature


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
    state: dict[str, torch.Tensor] = {}
    for name, content in files.items():
        if name.endswith(".safetensors"):
            try:
                state |= load_tensors(content)
            except SafetensorError as error:
                raise ModelFileError(
                    f"{folder.name}: {name} is no safetensors."
                ) from error
    return _floats(folder, state)


def _floats(folder: Path, state: State) -> dict[str, torch.Tensor]:
    """Return the weights with int8 rows multiplied by their scales again."""
    whole = {key for key, tensor in state.items() if tensor.dtype == torch.int8}
    scales = {key: state[key] for key in state if key.endswith(SCALE_SUFFIX)}
    if {key + SCALE_SUFFIX for key in whole} != set(scales) or not all(
        _fits(state[key], scales[key + SCALE_SUFFIX]) for key in whole
    ):
        raise ModelFileError(f"{folder.name}: int8 rows and scales do not match.")
    return {
        key: tensor.float() * scales[key + SCALE_SUFFIX] if key in whole else tensor
        for key, tensor in state.items()
        if key not in scales
    }


def _fits(rows: torch.Tensor, scale: torch.Tensor) -> bool:
    """Tell whether there is one usable scale a row; a wider one would be broadcast."""
    is_usable = scale.is_floating_point() and bool(scale.isfinite().all())
    return rows.ndim == 2 and scale.shape == (len(rows), 1) and is_usable


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


def _tokenizer(folder: Path, files: Mapping[str, bytes]) -> Tokenizer:
    try:
        return Tokenizer.from_str(files[TOKENIZER_NAME].decode())
    except Exception as error:  # tokenizers raises bare Exception
        raise ModelFileError(
            f"{folder.name}: {TOKENIZER_NAME} is not readable."
        ) from error


def _decoding(folder: Path, manifest: Mapping[str, Any]) -> Decoding:
    values = dict(manifest.get("decoding", {}))
    try:
        values["banned_tokens"] = tuple(values.get("banned_tokens", ()))
        return Decoding(**values)
    except TypeError as error:
        raise ModelFileError(f"{folder.name}: unknown decoding settings.") from error
