"""The dashboard's figures, against rows whose figures are counted by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import runtime
from chat.desk.drawing import bars, stacked
from chat.figures import figures_of
from chat.models import Correction, Feedback, Message, Reply
from tests.fakes import FakeEngine
from tests.review.rows import make_conversation, make_message, make_person, make_reply


@pytest.fixture(autouse=True)
def _fresh_cache(db, monkeypatch):
    monkeypatch.setattr("chat.classifiers.sure_from", lambda: {"bert": 0.5})
    cache.clear()


@pytest.fixture
def days_of_chat(alice):
    """Three messages today, one of 40 days ago that counts nowhere."""
    talk = make_conversation(alice)
    old = make_message(talk, "Old", bert=("anger", 0.3))
    long_ago = timezone.now() - timedelta(days=40)
    Message.objects.filter(pk=old.pk).update(created_at=long_ago)
    one = make_message(talk, "One", bert=("joy", 0.9), roberta=("joy", 0.4))
    two = make_message(talk, "Two", bert=("joy", 0.4), roberta=("fear", 0.8))
    three = make_message(talk, "Three", bert=("love", 0.7))
    Correction.objects.create(message=two, user=alice, label="fear")
    Correction.objects.create(message=three, user=alice, label="love")
    Correction.objects.create(message=old, user=alice, label="joy")
    for n, message in enumerate((one, two, three)):
        reply = make_reply(message, "Yes", first_token_ms=100 * (n + 1))
        Feedback.objects.create(reply=reply, value=1 if n else -1)
    make_reply(three, "Call", generator="care:suicide", first_token_ms=9_000)
    make_reply(three, "", state="failed", first_token_ms=None)
    Reply.objects.filter(state="failed").update(error_code="internal")
    return talk


def test_figures_are_those_of_the_rows(days_of_chat):
    found = figures_of(30)
    assert len(found.days) == 30
    assert found.days[-1] == timezone.now().date()
    assert (found.messages[-1], sum(found.messages)) == (3, 3)
    assert sum(found.conversations) == 1
    assert {label: sum(n) for label, n in found.emotions.items() if sum(n)} == {
        "joy": 3,
        "fear": 1,
        "love": 1,
    }
    bert, roberta = found.classifiers
    assert (bert.name, bert.n, bert.share_unsure) == ("bert", 3, pytest.approx(1 / 3))
    assert (roberta.n, roberta.share_unsure) == (2, 0)
    assert roberta.mean_score == pytest.approx(0.6)
    assert found.share_unsure == pytest.approx(1 / 5)
    assert (found.n_compared, found.share_disagreeing) == (2, 0.5)
    assert (found.n_corrected, found.n_confirmed) == (1, 1)
    assert (found.thumbs_up, found.thumbs_down) == (2, 1)
    assert found.p50_ms == 200
    assert found.p95_ms == pytest.approx(290)
    assert found.replies == {"done": 4, "failed": 1}


def test_an_empty_database_has_figures_too(db):
    found = figures_of(7)
    assert found.share_unsure is found.share_disagreeing is found.p50_ms is None
    assert sum(found.messages) == 0


def test_the_page_shows_them_without_a_word_that_was_written(
    days_of_chat, bob, at_desk
):
    page = at_desk(bob).get("/admin/").text
    for words in (
        "200 ms",
        "290 ms",
        "2 up, 1 down",
        "4 done, 1 failed",
        "there is none",
    ):
        assert words in page, words
    for text in ("Three", "Call", "A title"):
        assert text not in page


async def test_the_engine_of_this_process_is_shown(transactional_db):
    from chat.desk.dashboard import engine

    runtime.start(FakeEngine())
    try:
        assert engine().state == "takes requests"
    finally:
        await runtime.stop(drain_s=0)
    assert engine().state == "there is none"


def test_only_staff_who_may_see_conversations_get_figures(db, at_desk):
    page = at_desk(make_person("nosy", is_staff=True)).get("/admin/")
    assert page.status_code == 200
    assert "desk-numbers" not in page.text


def test_reloading_costs_the_database_no_figures(days_of_chat, bob, at_desk):
    client = at_desk(bob)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get("/admin/?days=7")
        counts.append(sum("chat_message" in query["sql"] for query in queries))
    assert counts[0] > 0
    assert counts[1] == 0


def test_figures_that_take_too_long_are_said_to(bob, at_desk, monkeypatch):
    def slow(n_days):
        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute("SET LOCAL statement_timeout = 1")
            cursor.execute("SELECT pg_sleep(1)")

    monkeypatch.setattr("chat.desk.dashboard.figures_of", slow)
    answer = at_desk(bob).get("/admin/?days=90")
    assert answer.status_code == 200
    assert "took too long over 90 days" in answer.text


@pytest.mark.parametrize("asked", ["7", "90", "1", "-1", "x", "", "9" * 50])
def test_odd_periods_are_answered(bob, at_desk, asked):
    assert at_desk(bob).get("/admin/", {"days": asked}).status_code == 200


def test_bars_reach_from_the_ground_to_the_highest():
    days = [timezone.now().date() - timedelta(days=n) for n in (1, 0)]
    one, two = bars(days, [2, 8]).bars
    assert (one.height, one.y, two.height, two.y) == (
        "25.00%",
        "75.00%",
        "100.00%",
        "0.00%",
    )
    both = stacked(days, {"joy": [1, 0], "fear": [3, 0]}).bars
    assert [bar.height for bar in both] == ["25.00%", "75.00%"]
    assert both[1].y == "0.00%"
    assert bars([], []).bars == []
