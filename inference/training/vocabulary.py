"""Cut a WordPiece vocabulary down to the pieces that our texts use."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import torch
from tokenizers import Tokenizer

from inference.prompt import EMOJI_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from transformers import PreTrainedModel

MIN_COUNT = 2


def chat_normalizer(own: dict[str, Any] | None) -> dict[str, Any]:
    """Return a tokenizer's normalizer with emoji spelt out and plain quotes before it.

    Kept in the tokenizer's file, so that training and serving cannot differ.
    """
    swaps = {"’": "'", "‘": "'", "“": '"', "”": '"'}
    swaps |= {emoji: f" {word} " for emoji, word in EMOJI_WORDS.items()}
    steps: list[dict[str, Any]] = [
        {"type": "Replace", "pattern": {"String": old}, "content": new}
        for old, new in swaps.items()
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
    rows = _embeddings(model).weight.detach()[torch.tensor(old_ids)]
    model.resize_token_embeddings(len(old_ids))
    _embeddings(model).weight.data.copy_(rows)


def _embeddings(model: PreTrainedModel) -> torch.nn.Embedding:
    return cast("torch.nn.Embedding", model.get_input_embeddings())
