"""Tiny starts for every family: a BERT of six layers, its vocabulary, its folder."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from inference.registry import EMOTION_LABELS
from inference.training import own_lines
from inference.training.families import label_maps
from inference.training.saving import save_model
from tests.inference.training_parts import LINES, WORDS

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
N_POSITIONS = 24
MOBILE_WIDTH = 8  # in place of 128: the tiny BERT is 16 wide


def pieces() -> Tokenizer:
    """Word pieces that can spell every small letter, as the packaged encoder's can."""
    letters = [
        *string.ascii_lowercase,
        "'",
        *(f"##{c}" for c in string.ascii_lowercase),
    ]
    listed = [*SPECIAL, *letters, "feel", "feeling", *WORDS]
    vocab = {piece: i for i, piece in enumerate(listed)}
    made = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.add_special_tokens(list(SPECIAL))
    return made


def bert(seed: int = 0) -> PreTrainedModel:
    """Return a BERT whose every weight is random, biases and norms too."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=pieces().get_vocab_size(),
        hidden_size=16,
        num_hidden_layers=6,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=N_POSITIONS,
        **label_maps(EMOTION_LABELS),
    )
    model = BertForSequenceClassification(config).eval()
    for weight in model.parameters():
        weight.data += 0.05 * torch.randn_like(weight)
    return model


def save_checkpoint(folder: Path, model: PreTrainedModel, words: Tokenizer) -> Path:
    """Write a checkpoint as anybody may have one on disk or on a hub."""
    names = ("[PAD]", "<pad>"), ("[UNK]", "<unk>")
    pad, unknown = (
        next(t for t in pair if words.token_to_id(t) is not None) for pair in names
    )
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token=pad, unk_token=unknown
    ).save_pretrained(folder)
    return folder


def save_teacher(folder: Path, model: PreTrainedModel) -> Path:
    """Write a trained BERT's folder, as `manage.py train bert` leaves it."""
    info = {"name": "bert", "task": "emotion", "labels": EMOTION_LABELS}
    save_model(
        folder,
        model,
        model.config,
        pieces().to_str(),
        info | {"max_tokens": N_POSITIONS},
        int8=True,
    )
    return folder


def few_own_lines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a dozen lines in the place of our own thousands, which take seconds to read."""
    folder.mkdir()
    (folder / "chat.txt").write_text(
        LINES.replace("i feel", "so") + "just a table;none\n"
    )
    (folder / "val.txt").write_text(LINES.replace("i feel", "very"))
    monkeypatch.setattr(own_lines, "LINES", folder)
    monkeypatch.setattr(own_lines, "VALIDATION", folder / "val.txt")
