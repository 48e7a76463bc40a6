"""Finding conversations by what was said, felt and when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db.models.functions import Now

from chat.models import Classification, Conversation, Correction, Message
from tests.api.test_conversations import LIST, assert_problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.chat.cast import Somebody

    ClientOf = Callable[[Somebody], Client]

pytestmark = pytest.mark.django_db


def read(message: Message, label: str, classifier: str = "bert") -> None:
    Classification.objects.create(
        message=message,
        classifier=classifier,
        label=label,
        scores={label: 1.0},
        model_version="1",
        duration_ms=1,
    )


@pytest.fixture
def found(alice: Somebody, client_of: ClientOf) -> Callable[..., list[dict[str, Any]]]:
    client = client_of(alice)

    def ask(**query: str) -> list[dict[str, Any]]:
        response = client.get(LIST, query)
        assert response.status_code == 200, response.content
        return response.json()["results"]

    return ask


def titles(rows: list[dict[str, Any]]) -> set[str]:
    return {row["title"] for row in rows}


def shown(row: dict[str, Any]) -> str:
    parts = row["snippet"]["parts"]
    return "".join(f"[{p['text']}]" if p["match"] else p["text"] for p in parts)


def test_other_forms_of_a_word_are_found(alice: Somebody, found: Any) -> None:
    alice.sends("I was running away from my feelings")
    alice.sends("Nothing of that kind")
    (row,) = found(q="feel run")
    assert shown(row) == "I was [running] away from my [feelings]"
    assert row["snippet"]["in"] == "message"


def test_the_snippet_says_where(alice: Somebody, found: Any) -> None:
    sent = alice.sends("My sister called")
    message = Message.objects.get(uuid=sent.message)
    message.replies.update(text="How good that she phoned you today!", state="done")
    Conversation.objects.update(title="Summer")
    (row,) = found(q="phone")
    assert (row["snippet"]["in"], row["snippet"]["message"]) == (
        "reply",
        str(sent.message),
    )
    assert shown(row) == "How good that she [phoned] you today!"
    (row,) = found(q="summ")
    assert (row["snippet"]["in"], shown(row)) == ("title", "[Summ]er")
    (row,) = found(q="siste")
    assert (row["snippet"]["in"], shown(row)) == ("message", "My [siste]r called")
    assert "snippet" not in found()[0]


def test_a_long_text_is_cut_around_the_match(alice: Somebody, found: Any) -> None:
    alice.sends("lorem " * 300 + "needles" + " ipsum" * 300)
    (row,) = found(q="needle")
    assert "[needles]" in shown(row)
    assert len(shown(row)) < 400
    (row,) = found(q="eedle")
    assert "[eedle]" in shown(row)
    assert len(shown(row)) < 200


def test_markup_stays_text(alice: Somebody, found: Any) -> None:
    alice.sends("<b>bold</b> <script>alert(1)</script> word")
    (row,) = found(q="<script>al")
    assert shown(row) == "<b>bold</b> [<script>al]ert(1)</script> word"
    (row,) = found(q="word")
    assert shown(row).endswith("[word]")


def test_by_emotion_as_corrected_else_as_read(alice: Somebody, found: Any) -> None:
    for text in ("one", "two", "three"):
        alice.sends(text)
    one, two, three = Message.objects.order_by("key")
    read(one, "joy")
    read(two, "joy")
    Correction.objects.create(message=two, user=alice.user, label="fear")
    read(three, "anger")
    read(three, "joy", "roberta")
    assert titles(found(emotion="joy")) == {"one", "three"}
    assert titles(found(emotion="fear")) == {"two"}
    assert titles(found(emotion="joy", classifier="bert")) == {"one", "two"}
    assert titles(found(classifier="roberta")) == {"three"}
    assert titles(found(emotion="love")) == set()


def test_all_in_one_and_the_same_turn(alice: Somebody, found: Any) -> None:
    sent = alice.sends("a quiet evening")
    alice.sends("a loud morning", conversation_id=sent.conversation)
    quiet, loud = Message.objects.order_by("key")
    read(quiet, "joy")
    read(loud, "anger")
    Conversation.objects.update(title="Summer")
    assert found(q="quiet", emotion="joy")
    assert not found(q="quiet", emotion="anger")


def test_by_date(alice: Somebody, found: Any) -> None:
    for text in ("old", "new"):
        alice.sends(text)
    Message.objects.filter(text="old").update(created_at=Now() - timedelta(days=400))
    assert titles(found(since="2026-06-01")) >= {"new"}
    assert titles(found(until="2026-06-01")) == {"old"}
    assert titles(found(since="2020-01-01T00:00:00Z", until="2026-06-01")) == {"old"}


@pytest.mark.parametrize(
    "query",
    [
        {"emotion": "boredom"},
        {"classifier": "oracle"},
        {"since": "yesterday"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"since": "2026-13-01"},
    ],
)
def test_other_filters_are_refused(
    alice: Somebody, client_of: ClientOf, query: dict[str, str]
) -> None:
    assert_problem(client_of(alice).get(LIST, query), 400, "bad_request")


@pytest.mark.parametrize(
    "q", ["& | !", "(", '"', "a:*", "'", "\\", "foo <-> ", "é" * 3000]
)
def test_any_text_can_be_asked_for(alice: Somebody, found: Any, q: str) -> None:
    alice.sends("Hello")
    assert found(q=q) == []


def test_others_are_never_found(
    alice: Somebody, charlie: Somebody, client_of: ClientOf
) -> None:
    alice.sends("CANARY-3")
    read(Message.objects.get(), "joy")
    client = client_of(charlie)
    for query in ({"q": "CANARY-3"}, {"emotion": "joy"}, {"classifier": "bert"}):
        assert client.get(LIST, query).json()["results"] == []


def test_a_page_costs_a_fixed_number_of_queries(
    alice: Somebody, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    for n in range(9):
        alice.sends(f"needle {n}")
    client = client_of(alice)
    with django_assert_max_num_queries(8):
        assert len(client.get(LIST, {"q": "needle"}).json()["results"]) == 9
