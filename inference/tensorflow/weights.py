"""The same weights under two names: transformers' on disk, KerasHub's in the model.

A torch `Linear` holds (out, in) where Keras' `Dense` holds (in, out), and KerasHub splits
what goes in or out of attention by head: (D, H, D / H).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from inference.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from inference.tensors import State

EMBEDDINGS = {
    "token_embedding/embeddings": "word_embeddings.weight",
    "position_embedding/embeddings": "position_embeddings.weight",
    "segment_embedding/embeddings": "token_type_embeddings.weight",
    "embeddings_layer_norm/gamma": "LayerNorm.weight",
    "embeddings_layer_norm/beta": "LayerNorm.bias",
}
DENSE = {
    "self_attention_layer/query": "attention.self.query",
    "self_attention_layer/key": "attention.self.key",
    "self_attention_layer/value": "attention.self.value",
    "self_attention_layer/attention_output": "attention.output.dense",
    "feedforward_intermediate_dense": "intermediate.dense",
    "feedforward_output_dense": "output.dense",
}
NORMS = {
    "self_attention_layer_norm": "attention.output.LayerNorm",
    "feedforward_layer_norm": "output.LayerNorm",
}
HEAD = {"pooled_dense": "bert.pooler.dense", "logits": "classifier"}


def names(n_layers: int) -> dict[str, str]:
    """Return transformers' name of every weight, by KerasHub's path of it."""
    found = {k: f"bert.embeddings.{v}" for k, v in EMBEDDINGS.items()}
    for own, other in _dense_names(n_layers):
        found |= {f"{own}/kernel": f"{other}.weight", f"{own}/bias": f"{other}.bias"}
    for i in range(n_layers):
        for own, other in NORMS.items():
            path, name = f"transformer_layer_{i}/{own}", f"bert.encoder.layer.{i}"
            found[f"{path}/gamma"] = f"{name}.{other}.weight"
            found[f"{path}/beta"] = f"{name}.{other}.bias"
    return found


def _dense_names(n_layers: int) -> Iterator[tuple[str, str]]:
    yield from HEAD.items()
    for i in range(n_layers):
        for own, other in DENSE.items():
            yield f"transformer_layer_{i}/{own}", f"bert.encoder.layer.{i}.{other}"


def fill(model: Any, state: State) -> None:
    """Put the weights of transformers' names into the model; raise ModelFileError."""
    wanted = names(model.backbone.num_layers)
    if set(state) != set(wanted.values()):
        raise ModelFileError("The weights do not fit the config.")
    for variable in trained(model):
        array = state[wanted[variable.path]]
        if array.size != int(np.prod(variable.shape)):
            raise ModelFileError("The weights have other shapes.")
        variable.assign(_turned(array, variable.path).reshape(variable.shape))


def read(model: Any) -> dict[str, NDArray[np.float32]]:
    """Return the model's weights as transformers names and shapes them."""
    wanted = names(model.backbone.num_layers)
    return {
        wanted[variable.path]: _back(variable.numpy(), variable.path)
        for variable in trained(model)
    }


def trained(model: Any) -> list[Any]:
    """Return the variables that are weights, not the states of dropout's dice."""
    return list(model.trainable_variables)


def _turned(array: NDArray[Any], path: str) -> NDArray[Any]:
    return array.T if path.endswith("/kernel") else array


def _back(array: NDArray[np.float32], path: str) -> NDArray[np.float32]:
    if not path.endswith("/kernel"):
        return array if path.endswith("/embeddings") else array.reshape(-1)
    # Only what goes out of attention has its heads in front: (H, D / H, D).
    n_out = array.shape[-1] if "attention_output" in path else array.shape[1:]
    flat = array.reshape(-1, int(np.prod(n_out)))
    return np.ascontiguousarray(flat.T)
