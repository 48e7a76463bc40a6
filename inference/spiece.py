"""Read a SentencePiece vocabulary (`spiece.model`) as a tokenizer, without the library.

The file is a protocol buffer; three of its messages are read.
Source: https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto,
https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import Unigram

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECES, TRAINER, NORMALIZER = 1, 2, 3  # fields of the file
PIECE, SCORE, KIND = 1, 2, 3  # of a piece
MODEL_TYPE, BYTE_FALLBACK, UNKNOWN_ID = 3, 35, 40  # of the trainer
CHARACTER_MAP = 2  # of the normalizer
IS_UNIGRAM, IS_CONTROL = 1, 3

Pieces = list[tuple[str, float]]


def read_spiece(content: bytes, n_sentinels: int) -> Tokenizer:
    """Return T5's tokenizer with its sentinels behind the pieces; raises ValueError."""
    fields = list(_fields(content))
    trainer = _only(fields, TRAINER)
    if trainer.get(MODEL_TYPE, IS_UNIGRAM) != IS_UNIGRAM:
        raise ValueError("Only unigram vocabularies are read.")
    pieces = [dict(_fields(value)) for number, value in fields if number == PIECES]
    sentinels = [f"<extra_id_{i}>" for i in reversed(range(n_sentinels))]
    vocabulary: Pieces = [(_text(piece), _score(piece)) for piece in pieces]
    vocabulary += [(name, 0.0) for name in sentinels]
    has_bytes = bool(trainer.get(BYTE_FALLBACK, 0))
    tokenizer = Tokenizer(
        Unigram(vocabulary, int(trainer.get(UNKNOWN_ID, 0)), byte_fallback=has_bytes)
    )
    _split_as_t5(tokenizer, _only(fields, NORMALIZER).get(CHARACTER_MAP))
    if has_bytes:
        tokenizer.decoder = _byte_decoder()
    controls = [_text(p) for p in pieces if p.get(KIND) == IS_CONTROL]
    tokenizer.add_special_tokens([*controls, *sentinels])
    return tokenizer


def _split_as_t5(tokenizer: Tokenizer, character_map: bytes | None) -> None:
    """Normalise and part words as transformers' T5Tokenizer does."""
    if character_map:
        tokenizer.normalizer = normalizers.Precompiled(character_map)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace("▁", "always")]
    )
    tokenizer.decoder = decoders.Metaspace("▁", "always")


def _byte_decoder() -> decoders.Decoder:
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence([*steps, decoders.Strip(" ", 1, 0)])


def _text(piece: dict[int, Any]) -> str:
    return bytes(piece[PIECE]).decode()


def _score(piece: dict[int, Any]) -> float:
    return float(struct.unpack("<f", piece.get(SCORE, bytes(4)))[0])


def _only(fields: list[tuple[int, Any]], number: int) -> dict[int, Any]:
    """Return the fields of the one message of this number; none where there is none."""
    content = next((value for found, value in fields if found == number), b"")
    return dict(_fields(content))


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    """Yield (number, value) of each field: an int, or bytes still to be read."""
    place = 0
    while place < len(content):
        key, place = _varint(content, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, place = _varint(content, place)
            yield number, value
            continue
        if kind == 2:
            size, place = _varint(content, place)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError(f"This is no SentencePiece file (wire type {kind}).")
        if place + size > len(content):
            raise ValueError("This SentencePiece file was cut short.")
        yield number, content[place : place + size]
        place += size


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, lowest first, and where it ends."""
    value = shift = 0
    while place < len(content):
        byte = content[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise ValueError("This SentencePiece file was cut short.")
