"""Small data, vocabularies and models to train on in seconds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification

from inference.registry import EMOTION_LABELS

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("angry", "scared", "happy", "adore", "sad", "shocked")
LINES = "".join(f"i feel {w};{e}\n" for w, e in zip(WORDS, EMOTION_LABELS, strict=True))


def emotion_folder(folder: Path) -> Path:
    """Write a folder like the emotion set's, of a few lines a label."""
    folder.mkdir()
    (folder / "train.txt").write_text(LINES * 4)
    (folder / "val.txt").write_text(LINES.replace("i feel", "feeling"))
    return folder


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def wordpiece() -> Tokenizer:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    pieces = [*special, "i", "feel", "##s", "a", "##a", "rare", *WORDS, "feeling"]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.add_special_tokens(special)
    return made


def tiny_bert(seed: int = 0) -> BertForSequenceClassification:
    torch.manual_seed(seed)
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=len(wordpiece().get_vocab()),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            max_position_embeddings=32,
            num_labels=6,
        )
    )
