"""Write a trained model's folder, the one that `inference.loading` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from inference.model_writing import update_manifest, write_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch
    from numpy.typing import NDArray
    from transformers import PretrainedConfig, PreTrainedModel

__all__ = ["save_model", "update_manifest"]


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
    return write_model(
        folder,
        unique_arrays(model.state_dict()),
        config.to_json_string(use_diff=True),
        tokenizer_json,
        info,
        int8=int8,
    )


def unique_arrays(state: Mapping[str, torch.Tensor]) -> dict[str, NDArray[np.float32]]:
    """Return the floats as contiguous numpy arrays, each tied tensor once."""
    seen: set[int] = set()
    unique: dict[str, NDArray[np.float32]] = {}
    for key, tensor in state.items():
        if tensor.data_ptr() not in seen:
            seen.add(tensor.data_ptr())
            unique[key] = np.ascontiguousarray(tensor.detach().cpu().float().numpy())
    return unique
