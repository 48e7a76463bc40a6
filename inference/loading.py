"""Read a model's folder: safetensors shards, config, tokenizer, manifest.

A folder is trusted only as far as its manifest goes: every file is hashed before it is
parsed, nothing is ever unpickled, and no code comes with a model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

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
from inference.registry import CLASSIFIERS, MANIFEST_NAME

FORMAT = 1
CONFIG_NAME = "config.json"
TOKENIZER_NAME = "tokenizer.json"
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"}

State = Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True)
class LoadedClassifier:
    """A classifier ready to run: eval mode, float32; the tokenizer truncates, not pads."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    version: str
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a reply is sampled; a model's manifest holds the values tuned for it."""

    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 0.9
    repetition_penalty: float = 1.1
    no_repeat_ngram: int = 3
    max_new_tokens: int = 40
    banned_tokens: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadedReplyModel:
    """A T5 ready to answer prompts of up to `max_tokens`, made by `encode_prompt`."""

    model: PreTrainedModel
    tokenizer: Tokenizer
    version: str
    max_tokens: int
    decoding: Decoding


def load_classifier(
    folder: Path, device: str | torch.device = "cpu"
) -> LoadedClassifier:
    """Load a verified classifier, or raise ModelFileError saying what is wrong."""
    manifest = read_manifest(folder)
    files = _read_files(folder, manifest)
    config = _config(folder, files)
    labels = _labels(folder, manifest, config)
    model = _build(folder, AutoModelForSequenceClassification, config, files)
    tokenizer = _tokenizer(folder, files)
    max_tokens = int(manifest["max_tokens"])
    tokenizer.enable_truncation(max_tokens)
    model = _frozen(model, device)
    return LoadedClassifier(model, tokenizer, labels, manifest["version"], max_tokens)


def load_reply_model(
    folder: Path, device: str | torch.device = "cpu"
) -> LoadedReplyModel:
    """Load a verified reply model, or raise ModelFileError saying what is wrong."""
    manifest = read_manifest(folder)
    files = _read_files(folder, manifest)
    model = _build(folder, AutoModelForSeq2SeqLM, _config(folder, files), files)
    return LoadedReplyModel(
        model=_frozen(model, device),
        tokenizer=_tokenizer(folder, files),
        version=manifest["version"],
        max_tokens=int(manifest["max_tokens"]),
        decoding=_decoding(folder, manifest),
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a complete folder; raise ModelFileError otherwise."""
    path = folder / MANIFEST_NAME
    if not path.is_file():
        raise ModelFileError(f"{folder.name}: {_why_no_manifest(folder)}")
    try:
        manifest = json.loads(path.read_text())
    except ValueError as error:
        raise ModelFileError(f"{folder.name}: the manifest is not JSON.") from error
    missing = {"format", "version", "files", "max_tokens"} - set(manifest)
    if missing or manifest["format"] != FORMAT:
        raise ModelFileError(f"{folder.name}: this manifest is not of format {FORMAT}.")
    return cast("dict[str, Any]", manifest)


def _why_no_manifest(folder: Path) -> str:
    pickles = [p.name for p in folder.glob("*") if p.suffix in PICKLE_SUFFIXES]
    if pickles:
        return f"{pickles[0]} may be a pickle; only safetensors weights are read."
    return f"there is no {MANIFEST_NAME}."


def _read_files(folder: Path, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the bytes of every listed file, each checked against its sha256."""
    return {
        name: _read_checked(folder, name, digest)
        for name, digest in manifest["files"].items()
    }


def _read_checked(folder: Path, name: str, digest: str) -> bytes:
    path = folder / name
    if path.suffix in PICKLE_SUFFIXES or Path(name).name != name:
        raise ModelFileError(f"{folder.name}: {name} is not a file that may be read.")
    if not path.is_file():
        raise ModelFileError(f"{folder.name}: {name} is missing.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ModelFileError(f"{folder.name}: {name} was altered or cut short.")
    return content


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
    labels = tuple(manifest.get("labels", ()))
    id2label = {int(i): label for i, label in (config.id2label or {}).items()}
    in_config = tuple(id2label[i] for i in sorted(id2label))
    spec = CLASSIFIERS.get(manifest.get("name", ""))
    if not labels or labels != in_config or (spec and spec.labels != labels):
        raise ModelFileError(f"{folder.name}: the label map is not the expected one.")
    return labels


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
    return state


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


def _frozen(model: PreTrainedModel, device: str | torch.device) -> PreTrainedModel:
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
