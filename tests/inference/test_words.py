"""Words of a text: where they are, and the text without some of them."""

from __future__ import annotations

import numpy as np
import pytest

from inference.explain.words import LooseWords, TracedWords, spans_of
from tests.inference.explain_parts import BlackBox, Traced


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I am glad.", ["I", "am", "glad"]),
        ("I don't – can’t!", ["I", "don't", "can’t"]),
        ("'quoted' words", ["quoted", "words"]),
        ("sad😢😢 day", ["sad", "😢", "😢", "day"]),
        ("👩🏽‍💻 and 🇩🇪🇫🇷 ❤️", ["👩🏽‍💻", "and", "🇩🇪", "🇫🇷", "❤️"]),
        ("naïve Größe 日本", ["naïve", "Größe", "日本"]),
        ("  \n\t ", []),
        ("", []),
    ],
)
def test_words_are_found(text, words):
    assert [text[start:end] for start, end in spans_of(text)] == words


def test_spans_count_code_points():
    assert spans_of("😢 ok") == [(0, 1), (2, 4)]


@pytest.mark.parametrize("kind", [TracedWords, LooseWords])
def test_words_can_be_left_out(kind):
    text = "I am, so glad"
    words = (
        TracedWords(text, Traced().trace(text))
        if kind is TracedWords
        else LooseWords(text, BlackBox())
    )
    mask = np.array([True, False, False, True])
    assert list(words.without(mask)) == ["<", "I", "glad", ">"]
    assert list(words.without(~mask)) == ["<", "am", "so", ">"]
    assert words.spans == spans_of(text)


def test_shorter_texts_sort_first():
    text = "a bb ccc"
    masks = np.array([[True, True, True], [False, False, False], [True, False, False]])
    for words in (
        TracedWords(text, Traced().trace(text)),
        LooseWords(text, BlackBox()),
    ):
        assert np.argsort(words.lengths(masks)).tolist() == [1, 2, 0]
