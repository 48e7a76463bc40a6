"""Write a model's folder from numpy arrays, whichever framework they come from."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save

from inference.classifier_files import CONFIG_NAME, TOKENIZER_NAME
from inference.model_files import FORMAT, read_manifest
from inference.registry import MANIFEST_NAME
from inference.tensors import int8_rows, shards

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from inference.tensors import State


def write_model(
    folder: Path,
    state: State,
    config_json: str,
    tokenizer_json: str,
    info: Mapping[str, Any],
    *,
    int8: bool = False,
) -> str:
    """Write the folder and return its version; the manifest comes last.

    Weights are float16 or, with `int8`, matrices are int8 rows, each with its scale.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_old(folder)
    half = {key: array.astype(np.float16) for key, array in state.items()}
    parts = list(shards(int8_rows(half) if int8 else half))
    files = {_shard_name(i, len(parts)): save(part) for i, part in enumerate(parts)}
    files[CONFIG_NAME] = config_json.encode()
    files[TOKENIZER_NAME] = tokenizer_json.encode()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return _write_manifest(folder, files, info)


def update_manifest(folder: Path, values: Mapping[str, Any]) -> None:
    """Put values beside those that the manifest of a complete folder holds."""
    _write(folder, {**read_manifest(folder), **values})


def _remove_old(folder: Path) -> None:
    (folder / MANIFEST_NAME).unlink(missing_ok=True)
    for shard in folder.glob("model-*.safetensors"):
        shard.unlink()


def _shard_name(index: int, n_shards: int) -> str:
    return f"model-{index + 1:05d}-of-{n_shards:05d}.safetensors"


def _write_manifest(
    folder: Path, files: Mapping[str, bytes], info: Mapping[str, Any]
) -> str:
    hashes = {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    version = hashlib.sha256("".join(hashes.values()).encode()).hexdigest()[:12]
    manifest = {"format": FORMAT, "version": version, **info, "files": hashes}
    _write(folder, manifest)
    return version


def _write(folder: Path, manifest: Mapping[str, Any]) -> None:
    temporary = folder / f"{MANIFEST_NAME}.part"
    temporary.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    temporary.replace(folder / MANIFEST_NAME)
