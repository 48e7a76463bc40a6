"""Our BERT in TensorFlow: KerasHub's `BertTextClassifier`, built from a folder's config.

KerasHub's BERT is the original one: the tanh approximation of GELU, layer norms of 1e-12.
A config that says else would give other scores, so it is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import keras_hub

from inference.errors import ModelFileError

if TYPE_CHECKING:
    from collections.abc import Mapping

TANH_GELU = ("gelu_pytorch_tanh", "gelu_new")


def build_model(config: Mapping[str, Any], n_labels: int) -> Any:
    """Return the classifier with fresh weights; its outputs are logits (B, C).

    `config` is that of transformers' BertForSequenceClassification. Raises ModelFileError.
    """
    if keras.backend.backend() != "tensorflow":
        raise ModelFileError("Keras runs on another backend: set KERAS_BACKEND.")
    if wrong := _wrong_value(config):
        raise ModelFileError(f"KerasHub's BERT cannot run this model: {wrong}.")
    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=config["vocab_size"],
        num_layers=config["num_hidden_layers"],
        num_heads=config["num_attention_heads"],
        hidden_dim=config["hidden_size"],
        intermediate_dim=config["intermediate_size"],
        dropout=config["hidden_dropout_prob"],
        max_sequence_length=config["max_position_embeddings"],
        num_segments=config["type_vocab_size"],
    )
    return keras_hub.models.BertTextClassifier(
        backbone=backbone, num_classes=n_labels, dropout=_head_dropout(config)
    )


def inputs_of(tokens: Any, mask: Any) -> dict[str, Any]:
    """Return what the model is called with; `tokens` and `mask` are (B, L) integers."""
    segments = keras.ops.zeros_like(tokens)
    return {"token_ids": tokens, "segment_ids": segments, "padding_mask": mask}


def logits_of(model: Any, embedded: Any) -> Any:
    """Return the logits (B, C) of word embeddings (B, L, width), without padding."""
    backbone = model.backbone
    segments = keras.ops.zeros(keras.ops.shape(embedded)[:2], dtype="int32")
    parts = (
        embedded,
        backbone.position_embedding(embedded),
        backbone.segment_embedding(segments),
    )
    states = backbone.embeddings_layer_norm(backbone.embeddings_add(parts))
    for layer in backbone.transformer_layers:
        states = layer(states)
    return model.output_dense(backbone.pooled_dense(states[:, 0, :]))


def _wrong_value(config: Mapping[str, Any]) -> str:
    """Return what the layers of KerasHub have no setting for, or an empty string."""
    dropout = config.get("hidden_dropout_prob")
    is_right = {
        "model_type": config.get("model_type") == "bert",
        "hidden_act": config.get("hidden_act") in TANH_GELU,
        "layer_norm_eps": config.get("layer_norm_eps") == 1e-12,
        "attention_probs_dropout_prob": dropout
        == config.get("attention_probs_dropout_prob"),
    }
    wrong = [name for name, right in is_right.items() if not right]
    return ", ".join(f"{name} is {config.get(name)!r}" for name in wrong)


def _head_dropout(config: Mapping[str, Any]) -> float:
    own = config.get("classifier_dropout")
    return float(config["hidden_dropout_prob"] if own is None else own)
