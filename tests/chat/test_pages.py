"""What the page says about scores, replies and days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chat.landing import landing_context
from chat.pages import day_words, grouped, turns_shown
from chat.readings import percent

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
SURE = {
    "anger": 0.01,
    "fear": 0.02,
    "joy": 0.001,
    "love": 0.009,
    "sadness": 0.91,
    "surprise": 0.05,
}


def reading(**scores: float) -> dict[str, Any]:
    return {
        "classifier": "bert",
        "label": "sadness",
        "scores": SURE | scores,
        "model_version": "v1",
        "duration_ms": 14,
    }


def snapshot(*replies: dict[str, Any], **turn: Any) -> dict[str, Any]:
    base = {"id": "m", "text": "so tired", "created_at": NOW.isoformat()}
    found = {"classifications": [reading()], "replies": list(replies)}
    return {"messages": [base | found | turn]}


def reply(**fields: Any) -> dict[str, Any]:
    return {"id": "r", "ordinal": 1, "state": "done", "text": "Rest."} | fields


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.0, "<1\u00a0%"),
        (0.0049, "<1\u00a0%"),
        (0.005, "1\u00a0%"),
        (0.914, "91\u00a0%"),
        (0.915, "92\u00a0%"),
        (0.9999, "99\u00a0%"),
    ],
)
def test_a_score_is_never_worded_as_certain(score: float, words: str) -> None:
    assert percent(score) == words


def test_a_clear_reading_names_one_emotion() -> None:
    (found,) = turns_shown(snapshot())[0].readings
    assert (found.words, found.percent, found.is_split) == (
        "Sadness",
        "91\u00a0%",
        False,
    )
    assert found.source == "BERT · v1 · 14 ms"
    assert [bar.label for bar in found.bars] == sorted(SURE)


def test_two_emotions_within_15_points_are_both_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat.classifiers.sure_from", dict)  # who says "Not sure" first
    unsure = reading(sadness=0.40, fear=0.27)
    (found,) = turns_shown(snapshot(classifications=[unsure]))[0].readings
    assert (found.words, found.percent) == ("Sadness or fear?", "")
    sure = reading(sadness=0.40, fear=0.24)
    (found,) = turns_shown(snapshot(classifications=[sure]))[0].readings
    assert found.words == "Sadness"


def test_the_last_reply_is_shown_and_the_earlier_are_kept() -> None:
    (turn,) = turns_shown(snapshot(reply(id="a"), reply(id="b", text="Sleep.")))
    assert turn.reply
    assert turn.reply.text == "Sleep."
    assert [one.id for one in turn.earlier] == ["a"]


def test_a_running_reply_shows_what_it_says_so_far() -> None:
    whole = snapshot(reply(state="running", text="R"))
    whole["live"] = {"reply": "r", "text": "Rest no"}
    (turn,) = turns_shown(whole)
    assert turn.reply
    assert turn.reply.text == "Rest no"
    assert turn.reply.is_open


@pytest.mark.parametrize(
    ("reason", "note"), [("stop", ""), ("stopped", "You stopped this reply.")]
)
def test_an_early_end_is_told(reason: str, note: str) -> None:
    (turn,) = turns_shown(snapshot(reply(reason=reason)))
    assert turn.reply
    assert turn.reply.note == note


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "Today"),
        (1, "Yesterday"),
        (2, "Friday"),
        (6, "Monday"),
        (7, "November 2026"),
        (40, "October 2026"),
    ],
)
def test_days_have_words(days: int, words: str) -> None:
    assert day_words(NOW - timedelta(days=days), NOW) == words


def test_conversations_are_grouped_in_order() -> None:
    ages = (0, 0, 1, 40)
    rows = [SimpleNamespace(updated_at=NOW - timedelta(days=age)) for age in ages]
    groups = [(words, len(of)) for words, of in grouped(rows, NOW)]
    assert groups == [("Today", 2), ("Yesterday", 1), ("October 2026", 1)]


def test_the_landing_page_has_an_example() -> None:
    assert landing_context()["example"]["reading"].words == "Surprise"
