"""Load a classifier's folder into TensorFlow: the same files that torch reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from inference.classifier_files import (
    CONFIG_NAME,
    read_labels,
    read_temperature,
    read_tokenizer,
)
from inference.errors import ModelFileError
from inference.model_files import read_files, read_manifest
from inference.tensorflow.model import build_model
from inference.tensorflow.weights import fill
from inference.tensors import read_weights
from inference.windows import WindowRule, rule_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class KerasModel:
    """A classifier ready to run, float32; as `inference.loading.LoadedClassifier`.

    One that reads long texts in `windows` has a tokenizer that leaves them whole.
    """

    model: Any
    tokenizer: Tokenizer
    labels: tuple[str, ...]
    version: str
    max_tokens: int
    temperature: float = 1.0
    pad_token: int = 0
    windows: WindowRule | None = None


def load_keras(folder: Path) -> KerasModel:
    """Load a verified BERT, or raise ModelFileError saying what is wrong."""
    manifest = read_manifest(folder)
    files = read_files(folder, manifest)
    config = _config(folder, files)
    labels = read_labels(folder, manifest, config.get("id2label"))
    model = build_model(config, len(labels))
    fill(model, read_weights(folder, files))
    tokenizer = read_tokenizer(folder, files)
    max_tokens = int(manifest["max_tokens"])
    rule = rule_in(folder.name, manifest)
    if rule is None:
        tokenizer.enable_truncation(max_tokens)
    return KerasModel(
        model,
        tokenizer,
        labels,
        version=manifest["version"],
        max_tokens=max_tokens,
        temperature=read_temperature(folder, manifest),
        pad_token=int(config.get("pad_token_id") or 0),
        windows=rule,
    )


def _config(folder: Path, files: Mapping[str, bytes]) -> dict[str, Any]:
    try:
        values = json.loads(files[CONFIG_NAME])
    except (KeyError, ValueError) as error:
        raise ModelFileError(
            f"{folder.name}: {CONFIG_NAME} is not readable."
        ) from error
    if not isinstance(values, dict):
        raise ModelFileError(f"{folder.name}: {CONFIG_NAME} is no JSON object.")
    return values
