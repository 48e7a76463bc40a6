"""*Explain* in the review queue: staff only, with a reason, and every one recorded."""

from __future__ import annotations

import pytest

from chat import runtime
from chat.models import AccessRecord
from chat.services import ranking
from chat.services.profiles import set_training_consent
from chat.turns import TurnRunner
from tests.fakes import FakeEngine
from tests.review.rows import make_conversation, make_message, make_person
from tests.review.test_queue_page import QUEUE, WHY, started

PATH = f"{QUEUE}explain/"


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    engine = FakeEngine()
    monkeypatch.setattr(runtime, "_runner", TurnRunner(engine))
    return engine


@pytest.fixture
def asked(alice):
    message = make_message(make_conversation(alice), "CANARY and so", bert=("joy", 0.6))
    ranking.rank_person(alice)
    return message


def ask(client, asked, **more):
    form = {"message": asked.pk, "classifier": "bert", "label": "joy"}
    return client.post(PATH, form | more)


def test_a_reviewer_is_told_and_it_is_recorded(asked, bob, at_desk, engine):
    client = at_desk(bob)
    page = started(client).text
    assert f'data-explain="{PATH}"' in page
    assert 'data-action="explain"' in page
    n_before = AccessRecord.objects.count()
    answer = ask(client, asked)
    assert answer.status_code == 200
    body = answer.json()
    words = [asked.text[w["start"] : w["end"]] for w in body["words"]]
    assert (body["label"], words) == ("joy", ["CANARY", "and", "so"])
    assert "no-store" in answer["Cache-Control"]
    assert AccessRecord.objects.count() == n_before + 1
    kept = AccessRecord.objects.order_by("-pk")[0]
    assert kept.conversation == asked.conversation_id
    assert kept.staff == str(bob.pk)
    assert kept.reason == f"Review queue: {WHY}"


def test_nothing_before_a_reason(asked, bob, at_desk, engine):
    assert ask(at_desk(bob), asked).status_code == 403
    assert not AccessRecord.objects.exists()
    assert engine.explained == []


def test_who_may(asked, sam, charlie, at_desk, client, engine):
    for person in (sam, charlie, make_person("nosy", is_staff=True)):
        assert ask(at_desk(person), asked).status_code in (302, 403)
    assert ask(client, asked).status_code == 302
    assert engine.explained == []


def test_only_what_waits_for_a_label(asked, alice, charlie, bob, at_desk, engine):
    client = at_desk(bob)
    started(client)
    other = make_message(make_conversation(charlie), "CANARY", bert=("joy", 0.6))
    assert ask(client, other).status_code == 404
    set_training_consent(user=alice, is_given=False)
    n_before = AccessRecord.objects.count()
    answer = ask(client, asked)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert AccessRecord.objects.count() == n_before
    assert engine.explained == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"label": "rage"}, "bad_request"),
        ({"classifier": "oracle"}, "unknown_classifier"),
        ({"message": "x"}, "bad_request"),
        ({"message": "9" * 30}, "bad_request"),
    ],
)
def test_nonsense_is_a_problem(asked, bob, at_desk, engine, wrong, code):
    client = at_desk(bob)
    started(client)
    answer = ask(client, asked, **wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert engine.explained == []


def test_an_engine_that_is_away(asked, bob, at_desk, engine):
    client = at_desk(bob)
    started(client)
    engine.die()
    answer = ask(client, asked)
    assert (answer.status_code, answer.json()["code"]) == (503, "model_unavailable")


def test_a_get_shows_nothing(asked, bob, at_desk, engine):
    client = at_desk(bob)
    started(client)
    assert client.get(PATH).status_code == 405
