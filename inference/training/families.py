"""How each family starts: its own architecture, filled from the encoder at hand.

The encoder is a BERT of 6 layers of 384; no other pretrained model is needed. Every
family keeps its real layout in transformers and its kind of tokenizer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    DistilBertConfig,
    DistilBertForSequenceClassification,
    ElectraConfig,
    ElectraForSequenceClassification,
    MobileBertConfig,
    MobileBertForSequenceClassification,
    PreTrainedModel,
    RobertaConfig,
    RobertaForSequenceClassification,
)

from inference.training.vocabulary import input_embeddings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tokenizers import Tokenizer

State = dict[str, torch.Tensor]
DISTILLED_LAYERS = (0, 2, 5)
MOBILE_WIDTH = 128  # of the bottlenecks and of the word embeddings
MOBILE_FEEDFORWARDS = 4
SHARED_SIZES = ("hidden_size", "num_hidden_layers", "num_attention_heads",
                "intermediate_size", "vocab_size", "layer_norm_eps")  # fmt: skip


def label_maps(labels: Sequence[str]) -> dict[str, Any]:
    return {
        "id2label": dict(enumerate(labels)),
        "label2id": {label: i for i, label in enumerate(labels)},
    }


def labels_of(model: PreTrainedModel) -> tuple[str, ...]:
    return tuple(str(label) for label in (model.config.id2label or {}).values())


def longest_input(model: PreTrainedModel) -> int:
    """Return how many tokens the model has positions for."""
    config = model.config
    behind_padding = config.pad_token_id + 1 if config.model_type == "roberta" else 0
    return int(config.max_position_embeddings - behind_padding)


def electra_from(source: PreTrainedModel) -> PreTrainedModel:
    """Return an ELECTRA whose embeddings and layers are the BERT's; its head is fresh."""
    config = ElectraConfig(
        embedding_size=source.config.hidden_size,
        pad_token_id=source.config.pad_token_id,
        max_position_embeddings=source.config.max_position_embeddings,
        **_shared(source),
    )
    model = ElectraForSequenceClassification(config)
    _fill(model, _renamed(source.state_dict(), {"bert.": "electra."}))
    return model


def roberta_from(
    source: PreTrainedModel, pieces: Tokenizer, bpe: Tokenizer
) -> PreTrainedModel:
    """Return a RoBERTa with the BERT's layers; `bpe` tokens start as what they spell.

    A token's embedding is the mean of the word pieces that spell it. Positions start
    behind the padding id, as the family counts them.
    """
    pad = bpe.token_to_id("<pad>") or 0
    config = RobertaConfig(
        **(
            _shared(source) | {"vocab_size": bpe.get_vocab_size(), "type_vocab_size": 1}
        ),
        pad_token_id=pad,
        bos_token_id=bpe.token_to_id("<s>"),
        eos_token_id=bpe.token_to_id("</s>"),
        max_position_embeddings=source.config.max_position_embeddings + pad + 1,
    )
    model = RobertaForSequenceClassification(config)
    state = _renamed(source.state_dict(), {"bert.": "roberta."})
    state["roberta.embeddings.word_embeddings.weight"] = _spelt(source, pieces, bpe)
    _shift_positions(model, state, pad + 1)
    _fill(model, state)
    return model


def distilbert_from(teacher: PreTrainedModel) -> PreTrainedModel:
    """Return a DistilBERT of every second layer of the teacher, pooler and head too.

    Source: https://arxiv.org/abs/1910.01108, section 2.
    """
    own = teacher.config
    config = DistilBertConfig(
        vocab_size=own.vocab_size,
        dim=own.hidden_size,
        hidden_dim=own.intermediate_size,
        n_heads=own.num_attention_heads,
        n_layers=len(DISTILLED_LAYERS),
        max_position_embeddings=own.max_position_embeddings,
        pad_token_id=own.pad_token_id,
        seq_classif_dropout=0.1,
        **label_maps(labels_of(teacher)),
    )
    model: PreTrainedModel = DistilBertForSequenceClassification(config)
    _fill(model, _distilled(teacher.state_dict()))
    return model


def mobilebert_from(teacher: PreTrainedModel) -> PreTrainedModel:
    """Return a MobileBERT with as many layers as the teacher, of the same outer width.

    Its word embeddings are the teacher's in their main directions; the layers start from
    nothing and learn the teacher's, one by one. Layer norm stands in place of NoNorm,
    which the family allows: from nothing, the latter does not learn in an hour.
    """
    own = teacher.config
    config = MobileBertConfig(
        vocab_size=own.vocab_size,
        hidden_size=own.hidden_size,
        num_hidden_layers=own.num_hidden_layers,
        num_attention_heads=4,
        embedding_size=MOBILE_WIDTH,
        intra_bottleneck_size=MOBILE_WIDTH,
        intermediate_size=4 * MOBILE_WIDTH,
        num_feedforward_networks=MOBILE_FEEDFORWARDS,
        max_position_embeddings=own.max_position_embeddings,
        normalization_type="layer_norm",
        pad_token_id=own.pad_token_id,
        **label_maps(labels_of(teacher)),
    )
    model: PreTrainedModel = MobileBertForSequenceClassification(config)
    _fill(model, _narrowed(teacher.state_dict()))
    return model


def _shared(source: PreTrainedModel) -> dict[str, Any]:
    sizes = {name: getattr(source.config, name) for name in SHARED_SIZES}
    return sizes | label_maps(labels_of(source))


def _renamed(state: Mapping[str, torch.Tensor], prefixes: Mapping[str, str]) -> State:
    """Return the weights under the new prefixes; those with none of the old are left out."""
    return {
        new + key.removeprefix(old): weight
        for old, new in prefixes.items()
        for key, weight in state.items()
        if key.startswith(old)
    }


def _fill(model: PreTrainedModel, state: State) -> None:
    """Copy what the model has a place for; a weight of another shape is a mistake."""
    places = model.state_dict()
    model.load_state_dict({k: v for k, v in state.items() if k in places}, strict=False)


def _spelt(source: PreTrainedModel, pieces: Tokenizer, bpe: Tokenizer) -> torch.Tensor:
    embeddings = input_embeddings(source).weight.detach()
    rows = embeddings.mean(0).repeat(bpe.get_vocab_size(), 1)
    for row in bpe.get_vocab().values():
        spelling = bpe.decode([row], skip_special_tokens=True).strip()
        ids = pieces.encode(spelling, add_special_tokens=False).ids
        if ids:
            rows[row] = embeddings[ids].mean(0)
    for own, old in {"<s>": "[CLS]", "</s>": "[SEP]", "<pad>": "[PAD]"}.items():
        rows[bpe.token_to_id(own)] = embeddings[pieces.token_to_id(old)]
    return rows


def _shift_positions(model: PreTrainedModel, state: State, by: int) -> None:
    key = "roberta.embeddings.position_embeddings.weight"
    positions = model.state_dict()[key].clone()
    positions[by:] = state[key]
    state[key] = positions
    types = "roberta.embeddings.token_type_embeddings.weight"
    state[types] = state[types][:1]


def _distilled(teacher: State) -> State:
    """Return the teacher's weights under DistilBERT's names; it has no token types."""
    layers = {
        f"bert.encoder.layer.{old}.": f"distilbert.transformer.layer.{new}."
        for new, old in enumerate(DISTILLED_LAYERS)
    }
    names = {"bert.embeddings.": "distilbert.embeddings.", **layers,
             "bert.pooler.dense.": "pre_classifier.", "classifier.": "classifier."}  # fmt: skip
    state = {_distilbert_name(k): w for k, w in _renamed(teacher, names).items()}
    positions = "distilbert.embeddings.position_embeddings.weight"
    types = teacher["bert.embeddings.token_type_embeddings.weight"]
    state[positions] = state[positions] + types[0]
    return state


def _distilbert_name(key: str) -> str:
    for old, new in (
        ("attention.self.query", "attention.q_lin"),
        ("attention.self.key", "attention.k_lin"),
        ("attention.self.value", "attention.v_lin"),
        ("attention.output.dense", "attention.out_lin"),
        ("attention.output.LayerNorm", "sa_layer_norm"),
        ("intermediate.dense", "ffn.lin1"),
        ("output.dense", "ffn.lin2"),
        ("output.LayerNorm", "output_layer_norm"),
    ):
        key = key.replace(old, new)
    return key


def _narrowed(teacher: State) -> State:
    """Return embeddings in `MOBILE_WIDTH` directions, and the matrix that widens them.

    The transformation reads three neighbouring words; it starts with the middle one alone.
    """
    words = teacher["bert.embeddings.word_embeddings.weight"]
    centre = words.mean(0)
    _, _, directions = torch.linalg.svd(words - centre, full_matrices=False)
    basis = directions[:MOBILE_WIDTH]
    widen = torch.zeros(words.shape[1], 3 * MOBILE_WIDTH)
    widen[:, MOBILE_WIDTH : 2 * MOBILE_WIDTH] = basis.T
    names = {"bert.embeddings.": "mobilebert.embeddings.",
             "bert.pooler.": "mobilebert.pooler."}  # fmt: skip
    state = _renamed(teacher, names)
    narrow = (words - centre) @ basis.T
    narrow[0] = 0.0  # padding: what stands behind a text's last word must say nothing
    return state | {
        "mobilebert.embeddings.word_embeddings.weight": narrow,
        "mobilebert.embeddings.embedding_transformation.weight": widen,
        "mobilebert.embeddings.embedding_transformation.bias": centre,
        "classifier.weight": teacher["classifier.weight"],
        "classifier.bias": teacher["classifier.bias"],
    }
