"""Weights as numpy arrays, whichever framework runs them: shards read, int8 rows undone.

Neither torch nor TensorFlow here: both fill their models from what this returns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from inference.errors import ModelFileError

if TYPE_CHECKING:
    from pathlib import Path

SCALE_SUFFIX = ".scale"
MAX_SHARD_BYTES = 15 * 2**20

State = Mapping[str, NDArray[Any]]


def read_weights(folder: Path, files: Mapping[str, bytes]) -> dict[str, NDArray[Any]]:
    """Return all weights of the folder's shards as float32; raise ModelFileError."""
    state: dict[str, NDArray[Any]] = {}
    for name, content in files.items():
        if name.endswith(".safetensors"):
            try:
                state |= load(content)
            except (SafetensorError, KeyError, TypeError) as error:
                raise ModelFileError(
                    f"{folder.name}: {name} is no safetensors."
                ) from error
    return _floats(folder, state)


def _floats(folder: Path, state: State) -> dict[str, NDArray[Any]]:
    """Return the weights with int8 rows multiplied by their scales again."""
    whole = {key for key, array in state.items() if array.dtype == np.int8}
    scales = {key: state[key] for key in state if key.endswith(SCALE_SUFFIX)}
    if {key + SCALE_SUFFIX for key in whole} != set(scales) or not all(
        _fits(state[key], scales[key + SCALE_SUFFIX]) for key in whole
    ):
        raise ModelFileError(f"{folder.name}: int8 rows and scales do not match.")
    found = {}
    for key, array in state.items():
        if key in whole:
            found[key] = array.astype(np.float32) * scales[key + SCALE_SUFFIX]
        elif key not in scales:
            found[key] = array.astype(np.float32)
    return found


def _fits(rows: NDArray[Any], scale: NDArray[Any]) -> bool:
    """Tell whether there is one usable scale a row; a wider one would be broadcast."""
    is_usable = scale.dtype.kind == "f" and bool(np.isfinite(scale).all())
    return rows.ndim == 2 and scale.shape == (len(rows), 1) and is_usable


def int8_rows(state: State) -> dict[str, NDArray[Any]]:
    """Return matrices as whole numbers of -127 to 127 and, beside them, a scale a row."""
    rows: dict[str, NDArray[Any]] = {}
    for key, array in state.items():
        if array.ndim != 2:
            rows[key] = array
            continue
        whole = array.astype(np.float32)
        scale = np.maximum(np.abs(whole).max(1, keepdims=True) / np.float32(127), 1e-8)
        rows[key] = (whole / scale).round().astype(np.int8)
        rows[key + SCALE_SUFFIX] = scale.astype(np.float32)
    return rows


def shards(state: State) -> Iterator[dict[str, NDArray[Any]]]:
    """Split so that a shard stays under the limit; a bigger tensor stands alone."""
    shard: dict[str, NDArray[Any]] = {}
    size = 0
    for key, array in state.items():
        if shard and size + array.nbytes > MAX_SHARD_BYTES:
            yield shard
            shard, size = {}, 0
        shard[key] = array
        size += array.nbytes
    yield shard
