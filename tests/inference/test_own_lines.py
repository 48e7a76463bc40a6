"""Our own chat lines: labelled, each once, and none of those that judge the models."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inference.registry import EMOTION_LABELS
from inference.training.data import NO_LABEL, read_labelled
from inference.training.own_lines import own_lines, own_validation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inference.training.data import LabelledText

HELD_OUT = Path(__file__).resolve().parents[1] / "models" / "chat_messages.txt"


def plain(rows: Iterable[LabelledText]) -> list[str]:
    """Return the texts in small letters, without punctuation and double spaces."""
    return [" ".join(re.findall(r"\w+", row.text.lower())) or row.text for row in rows]


@pytest.fixture(scope="module")
def training() -> list[LabelledText]:
    return own_lines(EMOTION_LABELS)


@pytest.fixture(scope="module")
def validation() -> list[LabelledText]:
    return own_validation(EMOTION_LABELS)


def test_every_label_is_known_and_has_its_share(
    training: list[LabelledText], validation: list[LabelledText]
) -> None:
    counts = Counter(row.label for row in training)

    assert set(counts) == {*EMOTION_LABELS, NO_LABEL}
    assert min(counts.values()) >= 0.5 * max(counts.values())
    assert {row.label for row in validation} == set(EMOTION_LABELS)


def test_no_line_comes_twice(training: list[LabelledText]) -> None:
    """ "Help!!!!" and "/help" are two lines on purpose; "Help" and "help" would be one."""
    counts = Counter(row.text.lower() for row in training)

    assert [text for text, n in counts.items() if n > 1] == []


def test_choices_are_made_on_lines_that_nothing_was_trained_on(
    training: list[LabelledText], validation: list[LabelledText]
) -> None:
    assert set(plain(training)) & set(plain(validation)) == set()
    assert len(set(plain(validation))) == len(validation)


def test_no_line_is_one_of_those_that_judge_the_models(
    training: list[LabelledText], validation: list[LabelledText]
) -> None:
    """Only a number is compared, so that a failure does not print what is held out."""
    held_out = set(plain(read_labelled(HELD_OUT, EMOTION_LABELS)))
    n_shared = len(held_out & set(plain([*training, *validation])))

    assert len(held_out) == 200
    assert n_shared == 0
