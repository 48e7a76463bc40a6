"""Write a model's folder, the one that `inference.loading` reads."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save as dump_tensors

from inference.loading import (
    CONFIG_NAME,
    SCALE_SUFFIX,
    TOKENIZER_NAME,
    State,
)
from inference.model_files import FORMAT, read_manifest
from inference.registry import MANIFEST_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from transformers import PretrainedConfig, PreTrainedModel

MAX_SHARD_BYTES = 15 * 2**20


def save_model(
    folder: Path,
    model: PreTrainedModel,
    config: PretrainedConfig,
    tokenizer_json: str,
    info: Mapping[str, Any],
    *,
    int8: bool = False,
) -> str:
    """Write the folder and return its version; the manifest comes last.

    Weights are float16 or, with `int8`, matrices are int8 rows, each with its scale.
    `info` holds at least name, task, labels and max_tokens.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_old(folder)
    state = _unique_half(model.state_dict())
    shards = list(_shards(_int8_rows(state) if int8 else state))
    files = {_shard_name(i, len(shards)): dump_tensors(s) for i, s in enumerate(shards)}
    files[CONFIG_NAME] = config.to_json_string(use_diff=True).encode()
    files[TOKENIZER_NAME] = tokenizer_json.encode()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return _write_manifest(folder, files, info)


def _remove_old(folder: Path) -> None:
    (folder / MANIFEST_NAME).unlink(missing_ok=True)
    for shard in folder.glob("model-*.safetensors"):
        shard.unlink()


def _unique_half(state: State) -> dict[str, torch.Tensor]:
    """Return the floats as contiguous float16, each tied tensor once."""
    seen: set[int] = set()
    unique: dict[str, torch.Tensor] = {}
    for key, tensor in state.items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            unique[key] = tensor.detach().cpu().half().contiguous()
    return unique


def _int8_rows(state: State) -> dict[str, torch.Tensor]:
    """Return matrices as whole numbers of -127 to 127 and, beside them, a scale a row."""
    rows: dict[str, torch.Tensor] = {}
    for key, tensor in state.items():
        if tensor.ndim != 2:
            rows[key] = tensor
            continue
        scale = (tensor.float().abs().amax(1, keepdim=True) / 127).clamp(min=1e-8)
        rows[key] = (tensor.float() / scale).round().to(torch.int8)
        rows[key + SCALE_SUFFIX] = scale
    return rows


def _shards(state: State) -> Iterator[dict[str, torch.Tensor]]:
    """Split so that a shard stays under the limit; a bigger tensor stands alone."""
    shard: dict[str, torch.Tensor] = {}
    size = 0
    for key, tensor in state.items():
        if shard and size + tensor.nbytes > MAX_SHARD_BYTES:
            yield shard
            shard, size = {}, 0
        shard[key] = tensor
        size += tensor.nbytes
    yield shard


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


def update_manifest(folder: Path, values: Mapping[str, Any]) -> None:
    """Put values beside those that the manifest of a complete folder holds."""
    _write(folder, {**read_manifest(folder), **values})


def _write(folder: Path, manifest: Mapping[str, Any]) -> None:
    temporary = folder / f"{MANIFEST_NAME}.part"
    temporary.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    temporary.replace(folder / MANIFEST_NAME)
