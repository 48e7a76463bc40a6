from __future__ import annotations

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from inference.detokenizer import Detokenizer
from tests.inference.tiny import reply_tokenizer

TEXTS = [
    "hello you are not alone",
    "i am so sad",
    "naïve café",
    "so sad 😢 today",
    "👩‍👩‍👧 and 日本語",
    "a\nb  c",
    "x",
]


def byte_level_tokenizer():
    """As GPT-2 has it: every byte a letter, a space belongs to the word after it."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: i for i, c in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


@pytest.mark.parametrize("make", [reply_tokenizer, byte_level_tokenizer])
@pytest.mark.parametrize("text", TEXTS)
def test_deltas_add_up_to_the_whole_text_and_hold_no_half_character(make, text):
    tokenizer = make()
    tokens = tokenizer.encode(text, add_special_tokens=False).ids
    detokenizer = Detokenizer(tokenizer)
    deltas = [detokenizer.push(token) for token in tokens]
    assert "".join(deltas) == tokenizer.decode(tokens).lstrip() == text
    assert not any("�" in delta for delta in deltas)
    assert not deltas[0].startswith(" ")


def test_a_character_that_is_never_completed_is_dropped():
    tokenizer = byte_level_tokenizer()
    tokens = tokenizer.encode("so 😢", add_special_tokens=False).ids
    detokenizer = Detokenizer(tokenizer)
    for token in tokens[:-1]:
        detokenizer.push(token)
    assert detokenizer.text == "so "


def test_a_text_that_a_tokenizer_takes_back_is_not_sent_twice():
    class Cleaning:
        """Joins a full stop to the word before it, as WordPiece decoders do."""

        def decode(self, ids):
            return " ".join("ab."[i] for i in ids).replace(" .", ".")

    detokenizer = Detokenizer(Cleaning())
    assert [detokenizer.push(i) for i in (0, 1, 2)] == ["a", " b", "."]
