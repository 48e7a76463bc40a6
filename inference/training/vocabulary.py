"""The classifiers' vocabularies: word pieces cut down to our texts, and a BPE of them."""

from __future__ import annotations

import json
import string
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import torch
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    pre_tokenizers,
    processors,
    trainers,
)

from inference.prompt import EMOJI_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from transformers import PreTrainedModel

MIN_COUNT = 2
# "sooooo" and "!!!!" are read as "soo" and "!!".
_LONG_RUNS = {sign: f"[{sign}{sign.upper()}]" for sign in string.ascii_lowercase + "!?"}


def chat_normalizer(own: dict[str, Any] | None) -> dict[str, Any]:
    """Return a tokenizer's normalizer with emoji spelt out, plain quotes, short runs.

    Kept in the tokenizer's file, so that training and serving cannot differ.
    """
    swaps = {"’": "'", "‘": "'", "“": '"', "”": '"'}
    swaps |= {emoji: f" {word} " for emoji, word in EMOJI_WORDS.items()}
    steps: list[dict[str, Any]] = [
        {"type": "Replace", "pattern": {"String": old}, "content": new}
        for old, new in swaps.items()
    ]
    steps += [
        {
            "type": "Replace",
            "pattern": {"Regex": f"{letter}{{3,}}"},
            "content": 2 * sign,
        }
        for sign, letter in _LONG_RUNS.items()
    ]
    return {"type": "Sequence", "normalizers": steps + ([own] if own else [])}


def count_pieces(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[str]:
    """Return how often each piece is used, the special ones aside."""
    counts: Counter[str] = Counter()
    for encoding in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        counts.update(encoding.tokens)
    return counts


def trim_wordpiece(
    tokenizer: Tokenizer, texts: Iterable[str]
) -> tuple[Tokenizer, list[int]]:
    """Return the smaller tokenizer and, for each of its ids, the old id.

    Kept: special tokens, single ASCII characters, pieces used MIN_COUNT times or more.
    """
    spec = json.loads(tokenizer.to_str())
    spec["normalizer"] = chat_normalizer(spec["normalizer"])
    counts = count_pieces(Tokenizer.from_str(json.dumps(spec)), texts)
    special = {token["content"] for token in spec["added_tokens"]}
    kept = sorted(
        (old, piece)
        for piece, old in spec["model"]["vocab"].items()
        if piece in special or _is_single(piece) or counts[piece] >= MIN_COUNT
    )
    _renumber(spec, {piece: new for new, (_, piece) in enumerate(kept)})
    return Tokenizer.from_str(json.dumps(spec)), [old for old, _ in kept]


def _is_single(piece: str) -> bool:
    return len(piece.removeprefix("##")) == 1 and piece.isascii()


def _renumber(spec: dict[str, Any], vocabulary: dict[str, int]) -> None:
    """Give the pieces of a tokenizer's JSON new ids, wherever it names them."""
    spec["truncation"] = spec["padding"] = None
    spec["model"]["vocab"] = vocabulary
    for token in spec["added_tokens"]:
        token["id"] = vocabulary[token["content"]]
    for name, token in spec["post_processor"].get("special_tokens", {}).items():
        token["ids"] = [vocabulary[name]]


def trim_embeddings(model: PreTrainedModel, old_ids: list[int]) -> None:
    """Keep the embedding rows of `old_ids`, in that order."""
    rows = input_embeddings(model).weight.detach()[torch.tensor(old_ids)]
    model.resize_token_embeddings(len(old_ids))
    input_embeddings(model).weight.data.copy_(rows)


def input_embeddings(model: PreTrainedModel) -> torch.nn.Embedding:
    return cast("torch.nn.Embedding", model.get_input_embeddings())


def train_bpe(texts: Iterable[str], size: int = 8_000) -> Tokenizer:
    """Return a byte-level BPE over the texts with RoBERTa's special tokens.

    It reads lower case only: these texts are too few to learn every word twice.
    """
    spec = json.loads(Tokenizer(models.BPE()).to_str())
    spec["normalizer"] = chat_normalizer({"type": "Lowercase"})
    made = Tokenizer.from_str(json.dumps(spec))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=MIN_COUNT,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    made.train_from_iterator(texts, trainer)
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return made
