"""SentencePiece files, read as the library itself reads them.

`spiece/` holds two vocabularies trained with sentencepiece 0.2.3 and, in expected.json,
what that library made of some texts.
"""

from __future__ import annotations

import json

import pytest

from inference.detokenizer import Detokenizer
from inference.spiece import read_spiece
from tests.inference.foreign_parts import BYTES, PLAIN, SPIECE

EXPECTED = json.loads((SPIECE / "expected.json").read_text())
CASES = [(name, text) for name, texts in EXPECTED.items() for text in texts]


def tokenizer_of(name: str):
    path = {"plain": PLAIN, "bytes": BYTES}[name]
    return read_spiece(path.read_bytes(), 100)


@pytest.mark.parametrize(("name", "text"), CASES)
def test_it_parts_texts_as_the_library_does(name, text):
    expected = EXPECTED[name][text]
    tokenizer = tokenizer_of(name)
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert ids == expected["ids"]
    if "⁇" not in expected["text"]:  # the library's way to show an unknown sign
        assert tokenizer.decode(ids) == expected["text"]


@pytest.mark.parametrize(("name", "text"), CASES)
def test_deltas_add_up_to_the_whole_text(name, text):
    tokenizer = tokenizer_of(name)
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    detokenizer = Detokenizer(tokenizer)
    deltas = [detokenizer.push(token) for token in ids]
    assert "".join(deltas) == tokenizer.decode(ids)
    assert not any("�" in delta for delta in deltas)


def test_a_character_of_several_tokens_comes_whole():
    tokenizer = tokenizer_of("bytes")
    ids = tokenizer.encode("so 😢", add_special_tokens=False).ids
    detokenizer = Detokenizer(tokenizer)
    deltas = [detokenizer.push(token) for token in ids]
    assert len(ids) >= 6
    assert deltas[-4:] == ["", "", "", "😢"]


def test_t5s_marks_are_where_t5_has_them():
    tokenizer = tokenizer_of("plain")
    n_pieces = tokenizer.get_vocab_size() - 100
    assert [tokenizer.token_to_id(t) for t in ("<pad>", "</s>", "<unk>")] == [0, 1, 2]
    assert tokenizer.token_to_id("<extra_id_99>") == n_pieces
    assert tokenizer.token_to_id("<extra_id_0>") == n_pieces + 99
    assert tokenizer.encode("a <extra_id_0> b").ids.count(n_pieces + 99) == 1


@pytest.mark.parametrize("n_bytes", [1, 7, 100, 700, 2250])
def test_a_file_cut_short_is_refused(n_bytes):
    with pytest.raises((ValueError, KeyError)):
        read_spiece(PLAIN.read_bytes()[:n_bytes], 100)


def test_another_kind_of_vocabulary_is_refused():
    byte_pairs = b"\x12\x02\x18\x02"  # trainer_spec { model_type: BPE }
    with pytest.raises(ValueError, match="unigram"):
        read_spiece(byte_pairs, 100)
