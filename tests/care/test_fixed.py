"""Who writes a reply, and the texts that are not the model's."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from chat.care import fixed, texts
from chat.care.detect import assess
from chat.care.output import OutputCheck
from chat.care.rules import Kind

ALL = [
    *texts.CARE.values(),
    *texts.FOLLOW_UP,
    texts.LOWERED,
    texts.PROGRAM,
    *texts.INSTEAD,
    *texts.INSTEAD_WORTHLESS,
    *texts.INSTEAD_ADVICE,
    *texts.INSTEAD_HUMAN,
]


def test_each_kind_has_its_text() -> None:
    assert set(texts.CARE) == set(get_args(Kind))
    for kind in texts.CARE:
        assert fixed.fixed_text(f"care:{kind}", seed=7) == texts.CARE[kind]


@pytest.mark.parametrize("text", ALL, ids=lambda text: text[:40])
def test_a_fixed_text_names_no_number_and_passes_our_own_check(text: str) -> None:
    assert not re.search(r"\d", text)
    check = OutputCheck("I am worthless")
    assert check.feed(text) + check.flush() == text


@pytest.mark.parametrize("kind", sorted(texts.CARE))
def test_a_text_of_care_leads_to_people(kind: str) -> None:
    text = texts.CARE[kind]
    assert "I am a program" in text
    assert "help card" in text


def test_in_the_terminal_too() -> None:
    assert fixed.fixed_reply("I want to die") == texts.CARE["suicide"]
    assert fixed.fixed_reply("are you human?") == texts.PROGRAM
    assert fixed.fixed_reply("hello") == ""


def test_a_name_that_is_no_text_is_an_error() -> None:
    with pytest.raises(KeyError):
        fixed.fixed_text("t5 of today", seed=1)


@pytest.mark.parametrize(
    "text",
    [
        "are you human?",
        "Are you a real person",
        "r u a bot",
        "are you an AI?",
        "am I talking to a person?",
        "what are you?",
        "who are you",
        "is this a bot",
        "do you have feelings?",
    ],
)
def test_who_asks_is_told_that_it_is_a_program(text: str) -> None:
    assert fixed.asks_what_it_is(text)


@pytest.mark.parametrize(
    "text",
    [
        "are you okay?",
        "What are you doing today?",
        "who are you going with",
        "my boss treats us like machines",
        "is this normal?",
        "people are robots",
    ],
)
def test_other_questions_are_for_the_model(text: str) -> None:
    assert not fixed.asks_what_it_is(text)


@pytest.mark.parametrize(
    "text",
    [
        "I'm okay now",
        "i am safe",
        "just kidding",
        "you misunderstood me",
        "I'm fine",
        "I'm really okay, thanks",
        "I am not suicidal",
        "I'm safe for now.",
    ],
)
def test_who_takes_it_back_is_believed(text: str) -> None:
    assert fixed.says_safe(text)
    assert assess(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "I don't know",
        "it hurts",
        "I'm not okay",
        "no",
        "I'm fine with it ending",
        "I am good at nothing",
        "I am safe nowhere",
    ],
)
def test_other_words_are_no_denial(text: str) -> None:
    assert not fixed.says_safe(text)
