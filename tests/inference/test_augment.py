"""Texts typed another way: half stay, some get an emoji of their label."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from inference.prompt import EMOJI_WORDS
from inference.registry import EMOTION_LABELS
from inference.training.augment import _EMOJI, augment

TEXT = "i cant believe she said that to me"
N = 4_000


def drawn(text: str, label: str = "") -> list[str]:
    return [augment(text, random.Random(f"a-{i}"), label) for i in range(N)]


def emoji_of(text: str) -> set[str]:
    return {sign for sign in text if ord(sign) > 0x2000}


def test_half_of_the_texts_stay_as_they_are() -> None:
    unchanged = sum(made == TEXT for made in drawn(TEXT))

    assert unchanged / N == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("label", EMOTION_LABELS)
def test_one_text_in_twenty_gets_an_emoji_of_its_label(label: str) -> None:
    with_emoji = [made for made in drawn(TEXT, label) if emoji_of(made)]

    assert len(with_emoji) / N == pytest.approx(0.05, abs=0.015)
    for made in with_emoji:
        assert made[-2] == " "
        assert emoji_of(made) == {made[-1]} <= set(_EMOJI[label])


@pytest.mark.parametrize("label", ["", "none"])
def test_without_a_known_emotion_there_is_no_emoji(label: str) -> None:
    assert not any(emoji_of(made) for made in drawn(TEXT, label))


def test_every_emoji_is_one_that_the_models_can_read() -> None:
    used = {sign for signs in _EMOJI.values() for sign in signs}

    assert used <= set(EMOJI_WORDS)
    assert all(not set(a) & set(b) for a, b in pairwise(_EMOJI.values()))


def test_the_same_seed_types_the_same() -> None:
    made = drawn(TEXT, "joy")

    assert made == drawn(TEXT, "joy")
    assert len(set(made)) > 100


@pytest.mark.parametrize("text", ["", " ", "a", "😢", "ok?", "1", "x" * 5_000, "ﬀ İ ß"])
def test_odd_texts_are_no_trouble(text: str) -> None:
    assert all(
        made.strip() or not text.strip() for made in drawn(text, "sadness")[:200]
    )
