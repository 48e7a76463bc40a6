"""Make the T5's own tokenizer, and give its pieces a start in life.

Byte-pair pieces with "▁" before a word; what no piece covers falls back to bytes, so any
text can be read. A reply is decoded by joining pieces, "▁" turned into a space.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModel, AutoTokenizer

from inference.prompt import CONTROL_TOKENS, UNKNOWN
from inference.training.presets import packaged_encoder

if TYPE_CHECKING:
    from collections.abc import Sequence

VOCABULARY_SIZE = 8_000
BYTES = tuple(f"<0x{value:02X}>" for value in range(256))
SPACE = "▁"
_SIGN = Regex(r"[^\w▁']|\d")  # one piece each; "I'm" stays whole


def make_tokenizer(texts: Sequence[str], size: int = VOCABULARY_SIZE) -> Tokenizer:
    """Return a tokenizer of at most `size` pieces: control tokens, bytes, then words."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(SPACE), pre_tokenizers.Split(_SIGN, "isolated")]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(BYTES),
        min_frequency=3,
        limit_alphabet=120,
        special_tokens=list(CONTROL_TOKENS),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return _with_byte_fallback(tokenizer)


def _with_byte_fallback(tokenizer: Tokenizer) -> Tokenizer:
    """Put the 256 byte pieces right behind the control tokens."""
    spec = json.loads(tokenizer.to_str())
    words = sorted(spec["model"]["vocab"], key=spec["model"]["vocab"].__getitem__)
    n_control = len(CONTROL_TOKENS)
    order = [*words[:n_control], *BYTES, *words[n_control:]]
    spec["model"]["vocab"] = {piece: i for i, piece in enumerate(order)}
    spec["model"]["byte_fallback"] = True
    made = Tokenizer.from_str(json.dumps(spec))
    made.decoder = decoders.Sequence(
        [
            decoders.Replace(SPACE, " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    return made


def unspoken(tokenizer: Tokenizer, replies: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """Return the tokens that none of the replies has: no reply will need them."""
    spoken = {token for reply in replies for token in reply}
    return tuple(t for t in range(tokenizer.get_vocab_size()) if t not in spoken)


@torch.inference_mode()
def pretrained_embeddings(tokenizer: Tokenizer, width: int) -> torch.Tensor:
    """Return (V, width) rows of about unit variance from the packaged encoder.

    A piece gets the mean of the word pieces that spell it, projected on the `width`
    main directions of all rows; control and byte pieces get noise. The encoder knows no
    capitals and no spaces: what tells "So", "so" and "▁so" apart is added by `_forms`.
    """
    pieces = [str(tokenizer.id_to_token(i)) for i in range(tokenizer.get_vocab_size())]
    n_fixed = len(CONTROL_TOKENS) + len(BYTES)
    words = pieces[n_fixed:]
    meanings = _projected(_spelt_rows(words), width)
    rows = (meanings + _forms(words, width)) / 2**0.5
    return torch.cat([torch.randn(n_fixed, width), rows])


def _spelt_rows(pieces: Sequence[str]) -> torch.Tensor:
    folder = str(packaged_encoder())
    encoder = AutoModel.from_pretrained(folder)
    table = cast("torch.nn.Embedding", encoder.get_input_embeddings()).weight
    spell = AutoTokenizer.from_pretrained(folder)
    texts = [piece.replace(SPACE, " ").strip() or "." for piece in pieces]
    spelt = spell(texts, add_special_tokens=False)["input_ids"]
    unknown = [spell.unk_token_id]  # a sign of which the encoder makes nothing
    return torch.stack([table[ids or unknown].mean(dim=0) for ids in spelt])


def _forms(pieces: Sequence[str], width: int) -> torch.Tensor:
    """Return one direction for each outer form of a piece, and some noise of its own."""
    forms = (
        [piece.startswith(SPACE) for piece in pieces],
        [any(letter.isupper() for letter in piece) for piece in pieces],
        [piece.lstrip(SPACE).isupper() for piece in pieces],
    )
    flags = torch.tensor(forms, dtype=torch.float32).T  # (V, forms)
    noise = 0.5 * torch.randn(len(pieces), width)
    return flags @ (0.6 * torch.randn(len(forms), width)) + noise


def _projected(rows: torch.Tensor, width: int) -> torch.Tensor:
    centred = rows - rows.mean(dim=0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    short = centred @ directions[:width].T
    scaled: torch.Tensor = short / short.std()
    return scaled
