"""Load a classifier's folder into TensorFlow: the same files that torch reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from inference.classifier_files import (
    CONFIG_NAME,
    Loaded,
    loaded,
    read_labels,
)
from inference.errors import ModelFileError
from inference.model_files import read_files, read_manifest
from inference.tensorflow.model import build_model
from inference.tensorflow.weights import fill
from inference.tensors import read_weights

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


KerasModel = Loaded[Any]


def load_keras(folder: Path) -> KerasModel:
    """Load a verified BERT, or raise ModelFileError saying what is wrong."""
    manifest = read_manifest(folder)
    files = read_files(folder, manifest)
    config = _config(folder, files)
    labels = read_labels(folder, manifest, config.get("id2label"))
    model = build_model(config, len(labels))
    fill(model, read_weights(folder, files))
    pad = config.get("pad_token_id")
    return loaded(folder, manifest, files, model, labels, pad)


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
