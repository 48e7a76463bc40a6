"""The explanations' benchmark, with as little work as shows that it measures."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks import explanations, explanations_report, faithfulness, lime_speed
from benchmarks.explained_chats import WITH, WITHOUT
from benchmarks.processes import describe_machine
from inference.explain.words import TracedWords
from tests.inference.explain_parts import Traced

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = {**describe_machine(), "when": "now"}
TEXT = "I am glad and fine and a bit sad"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_all_parts_are_measured_and_the_tables_written(tmp_path: Path) -> None:
    found = explanations.measure(True, explanations.PARTS)
    explanations_report.write({"machine": MACHINE, **found}, tmp_path)
    texts = found["faithfulness"]
    names = [variant.name for variant in faithfulness.VARIANTS]
    for name in names:
        left = statistics.mean(text["area"][name] for text in texts)
        assert 0 < left < statistics.mean(text["random"] for text in texts)
    assert all(min(took) > 0 for took in found["speed"]["took_s"].values())
    for stretches in found["people"]["rounds"].values():
        assert all(one["n_errors"] == 0 for one in stretches)
        assert all(one["first_p95_ms"] > 0 for one in stretches)
    page = (tmp_path / "explanations.md").read_text()
    for told in (*names, lime_speed.ONE_BY_ONE, WITH, WITHOUT, "Within"):
        assert told in page


def test_words_that_matter_leave_less_than_others() -> None:
    classifier = Traced()
    words = TracedWords(TEXT, classifier.trace(TEXT))
    weights = np.array([0, 0, 0.4, 0, 0.1, 0, 0, 0, -0.3])
    best = np.argsort(-weights, kind="stable").tolist()
    rankings = [best, best[::-1], *faithfulness.random_rankings(9, seed=1)]
    areas = faithfulness.deletion(classifier, words, rankings, "joy", 0.7)
    assert areas[0] == min(areas)
    assert areas[1] == max(areas)


def test_messages_have_thirty_words_each_and_none_twice() -> None:
    lines = ["one two three, four!", "five"] * 100
    texts = lime_speed.messages_of([f"{n} {line}" for n, line in enumerate(lines)], 5)
    assert len(set(texts)) == 5
    assert {len(text.split()) for text in texts} == {lime_speed.N_WORDS}


def test_every_message_has_to_agree_where_it_is_read_exactly() -> None:
    told = lime_speed.agreement([1.0, 0.99], [1.0, 0.9])
    assert told == {"least_correlation": 0.99, "least_as_shipped": 0.9}
    with pytest.raises(AssertionError, match="ranked"):
        lime_speed.agreement([1.0, 0.9], [1.0, 1.0])
