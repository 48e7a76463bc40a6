"""The detector: each rule's line, the promises about the test set, and time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.conf import settings

from chat.care.detect import assess
from chat.care.measure import measure, read_lines

CARE = Path(settings.BASE_DIR) / "chat/care"
DEVELOPMENT = read_lines(CARE / "lines/development.txt")
TEST = read_lines(Path(settings.BASE_DIR) / "tests/models/safety_messages.txt")


@pytest.mark.parametrize("line", DEVELOPMENT, ids=lambda line: line.text[:60])
def test_what_the_rules_were_made_for(line) -> None:
    assert (assess(line.text) is not None) == (line.kind != "none")


def test_the_test_set_is_large_enough() -> None:
    assert len(TEST) >= 300
    assert len({line.text for line in TEST}) == len(TEST)
    assert not {line.text for line in TEST} & {line.text for line in DEVELOPMENT}
    wanted = {"direct", "indirect", "misspelt", "slang", "negated", "quoted", "media"}
    assert wanted <= {line.form for line in TEST}


def test_recall_comes_first_and_alarms_stay_few() -> None:
    figures = measure(TEST)
    assert figures["recall"] >= 0.95
    assert figures["false_alarms_by_form"]["ordinary"]["share"] <= 0.05
    assert figures["false_alarms"] <= 0.05
    for kind, row in figures["recall_by_kind"].items():
        assert row["share"] >= 0.9, kind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I want to kill myself", "suicide"),
        ("my friend wants to kill herself", "other"),
        ("he is going to kill me, please help", "danger"),
        ("My husband hits me", "abuse"),
        ("I cut myself again", "self_harm"),
        ("I was raped and now I want to die", "suicide"),
    ],
)
def test_the_kind_decides_what_is_said(text: str, kind: str) -> None:
    finding = assess(text)
    assert finding is not None
    assert finding.kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "I would never hurt myself, but I can't stop thinking about suicide",
        "I'm not suicidal. I just don't want to live anymore.",
        "Told my mum I'm not suicidal, but I lied",
    ],
)
def test_a_denial_beside_it_does_not_hide_it(text: str) -> None:
    assert assess(text)


@pytest.mark.parametrize(
    "text", ["", " ", ".", "😀", "'", "****", "a" * 4000, "?!" * 2000]
)
def test_odd_texts_are_harmless(text: str) -> None:
    assert assess(text) is None


HARD = [
    "he ",
    "i want to ",
    "my friend ",
    "i want i wish i hope ",
    "she said he took the pills and ",
    "nobody would ",
    "k.i.l.l ",
    "k*",
    "not ",
    "how many pills ",
]


@pytest.mark.parametrize("words", HARD)
def test_no_text_holds_a_thread_for_long(words: str) -> None:
    text = (words * 4000)[:4000]
    started = time.process_time()
    assess(text)
    assert time.process_time() - started < 1.0


def test_an_ordinary_message_costs_milliseconds() -> None:
    started = time.process_time()
    for line in TEST:
        assess(line.text)
    assert (time.process_time() - started) / len(TEST) < 0.02
