"""Tiny models with random weights, built from config: no files, no downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    T5Config,
    T5ForConditionalGeneration,
)

from inference.loading import Decoding, LoadedClassifier, LoadedReplyModel
from inference.prompt import CONTROL_TOKENS
from inference.registry import EMOTION_LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = [
    "i",
    "am",
    "so",
    "sad",
    "tired",
    "happy",
    "today",
    "what",
    "should",
    "do",
    "hello",
    "you",
    "are",
    "not",
    "alone",
]
GREEDY = Decoding(
    temperature=0.0, repetition_penalty=1.0, no_repeat_ngram=0, max_new_tokens=24
)


def reply_tokenizer() -> Tokenizer:
    """Byte-fallback BPE over a few words, as SentencePiece models have it."""
    pieces = [*CONTROL_TOKENS, *(f"<0x{i:02X}>" for i in range(256)), "▁"]
    vocab = {piece: i for i, piece in enumerate(pieces)}
    letters = sorted({letter for word in WORDS for letter in word})
    for piece in (*letters, *(f"▁{letter}" for letter in letters)):
        vocab[piece] = len(vocab)
    merges = [("▁", letter) for letter in letters]
    model = models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens(list(CONTROL_TOKENS))
    return tokenizer


def t5(vocab_size: int = 320, **changes: Any) -> T5ForConditionalGeneration:
    torch.manual_seed(7)
    options: dict[str, Any] = {
        "vocab_size": vocab_size,
        "d_model": 32,
        "d_kv": 8,
        "d_ff": 48,
        "num_layers": 2,
        "num_decoder_layers": 2,
        "num_heads": 4,
        "relative_attention_num_buckets": 8,
        "relative_attention_max_distance": 16,
        "decoder_start_token_id": 0,
        "feed_forward_proj": "relu",
    }
    return T5ForConditionalGeneration(T5Config(**(options | changes))).eval()


def reply_model(decoding: Decoding = GREEDY, **changes: Any) -> LoadedReplyModel:
    tokenizer = reply_tokenizer()
    model = t5(tokenizer.get_vocab_size(), **changes)
    return LoadedReplyModel(model, tokenizer, "tiny-reply", 32, decoding)


def classifier(
    max_tokens: int = 16, labels: Sequence[str] = EMOTION_LABELS
) -> LoadedClassifier:
    torch.manual_seed(11)
    vocab = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocab, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_truncation(max_tokens)
    config = BertConfig(
        vocab_size=len(vocab),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=max_tokens,
        num_labels=len(labels),
        pad_token_id=0,
    )
    model = BertForSequenceClassification(config).eval()
    return LoadedClassifier(
        model, tokenizer, tuple(labels), version="tiny-bert", max_tokens=max_tokens
    )
