from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError
from django.db.models.functions import Now
from django.test import Client

from chat.models import Conversation, Message
from chat.services.conversations import UNDO_FOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from tests.chat.cast import Somebody

    ClientOf = Callable[[Somebody], Client]

pytestmark = pytest.mark.django_db

LIST = "/api/v1/conversations/"


def one(conversation: object, more: str = "") -> str:
    return f"{LIST}{conversation}/{more}"


def assert_problem(response: HttpResponse, status: int, code: str) -> None:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["detail"]


def titles(response: HttpResponse) -> list[str]:
    assert response.status_code == 200
    return [row["title"] for row in response.json()["results"]]


def send_json(client: Client, method: str, path: str, body: object) -> HttpResponse:
    call: Any = getattr(client, method)
    return call(path, body, content_type="application/json")


# --- Listing ------------------------------------------------------------------------


def test_it_lists_ones_own_latest_first(
    alice: Somebody, charlie: Somebody, client_of: ClientOf
) -> None:
    for text in ("first", "second", "third"):
        alice.sends(text)
    charlie.sends("his")
    first = Conversation.objects.get(title="first")
    alice.sends("again", conversation_id=first.pk)
    assert titles(client_of(alice).get(LIST)) == ["first", "third", "second"]
    assert titles(client_of(charlie).get(LIST)) == ["his"]


def test_it_pages_by_cursor_without_a_gap_or_a_repeat(
    alice: Somebody, client_of: ClientOf
) -> None:
    Conversation.objects.bulk_create(
        Conversation(user=alice.user, title=f"c{n}", classifiers=["bert"])
        for n in range(120)
    )
    client, path, seen = client_of(alice), LIST, []
    while path:
        response = client.get(path)
        seen += titles(response)
        path = response.json()["next"]
        if len(seen) == 50:  # what arrives meanwhile moves nothing
            Conversation.objects.create(user=alice.user, title="new", classifiers=[])
    assert len(seen) == 120
    assert set(seen) == {f"c{n}" for n in range(120)}


def test_a_broken_cursor_is_not_found(alice: Somebody, client_of: ClientOf) -> None:
    assert_problem(client_of(alice).get(LIST, {"cursor": "x\x00"}), 404, "not_found")


# --- Searching ----------------------------------------------------------------------


@pytest.fixture
def searched(alice: Somebody, client_of: ClientOf) -> Callable[[str], list[str]]:
    for text in ("100% sure", "snake_case", "plain\nSecond line", "Ärger", "a\\b"):
        alice.sends(text)
    return lambda q: sorted(titles(client_of(alice).get(LIST, {"q": q})))


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("%", ["100% sure"]),
        ("_", ["snake_case"]),
        ("\\", ["a\\b"]),
        ("0% s", ["100% sure"]),
        ("PLAIN", ["plain"]),
        ("second", ["plain"]),
        ("ärger", ["Ärger"]),
        ("nothing", []),
        ("'; DROP TABLE chat_message; --", []),
        ("sure\x00", ["100% sure"]),
        ("x" * 5_000, []),
    ],
)
def test_it_finds_just_that(
    searched: Callable[[str], list[str]], q: str, found: list[str]
) -> None:
    assert searched(q) == found


@pytest.mark.parametrize("q", ["", "  ", "\x00"])
def test_an_empty_search_lists_all(
    searched: Callable[[str], list[str]], q: str
) -> None:
    assert len(searched(q)) == 5


def test_it_finds_replies_once_each(alice: Somebody, client_of: ClientOf) -> None:
    accepted = alice.sends("zebra one")
    alice.sends("zebra two", conversation_id=accepted.conversation)
    Message.objects.get(seq=1).replies.update(text="a striped zebra", state="done")
    client = client_of(alice)
    assert titles(client.get(LIST, {"q": "striped"})) == ["zebra one"]
    assert titles(client.get(LIST, {"q": "zebra"})) == ["zebra one"]


def test_it_does_not_find_others_texts(
    alice: Somebody, charlie: Somebody, client_of: ClientOf
) -> None:
    alice.sends("CANARY-7")
    assert titles(client_of(charlie).get(LIST, {"q": "CANARY-7"})) == []


# --- One conversation ---------------------------------------------------------------


def test_it_is_made_renamed_and_given_classifiers(
    alice: Somebody, client_of: ClientOf
) -> None:
    client = client_of(alice)
    made = send_json(client, "post", LIST, {"title": " Dear  diary "})
    assert made.status_code == 201
    pk = made.json()["id"]
    renamed = send_json(client, "patch", one(pk), {"title": "e\u0301t\u00e9"})
    assert renamed.json()["title"] == "\u00e9t\u00e9"
    chosen = send_json(client, "patch", one(pk), {"classifiers": ["bert"]})
    assert chosen.json()["classifiers"] == ["bert"]
    got = client.get(one(pk)).json()
    assert (got["title"], got["classifiers"]) == ("\u00e9t\u00e9", ["bert"])
    assert Conversation.objects.get().last_seq == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"title": "  "}, "empty"),
        ({"title": "t" * 81}, "too_long"),
        ({"title": "a\x00b"}, "bad_request"),
        ({"title": 5}, "bad_request"),
        ({"title": None}, "bad_request"),
        ({"classifiers": []}, "unknown_classifier"),
        ({"classifiers": ["oracle"]}, "unknown_classifier"),
        ({"classifiers": ["bert"] * 3 + list("abcdef")}, "unknown_classifier"),
        ({"classifiers": "bert"}, "bad_request"),
        ({"classifiers": [5, None]}, "bad_request"),
        ([], "bad_request"),
        ("title", "bad_request"),
    ],
)
def test_bad_fields_are_named(
    alice: Somebody, client_of: ClientOf, body: object, code: str
) -> None:
    pk = alice.sends("Hello").conversation
    client = client_of(alice)
    assert_problem(send_json(client, "patch", one(pk), body), 400, code)
    assert_problem(send_json(client, "post", LIST, body), 400, code)
    conversation = Conversation.objects.get()
    assert (conversation.title, conversation.last_seq) == ("Hello", 1)


def test_nothing_else_can_be_set(
    alice: Somebody, charlie: Somebody, client_of: ClientOf
) -> None:
    pk = alice.sends("Hello").conversation
    body = {
        "title": "Mine",
        "id": str(uuid.uuid4()),
        "user": charlie.user.pk,
        "last_seq": 99,
        "deleted_at": "2020-01-01T00:00:00Z",
        "created_at": "2020-01-01T00:00:00Z",
    }
    assert send_json(client_of(alice), "patch", one(pk), body).status_code == 200
    conversation = Conversation.objects.get(pk=pk)
    assert conversation.user == alice.user
    assert (conversation.last_seq, conversation.deleted_at) == (2, None)
    assert conversation.created_at.year > 2020


def test_it_is_deleted_and_restored(alice: Somebody, client_of: ClientOf) -> None:
    pk = alice.sends("Hello").conversation
    client = client_of(alice)
    assert client.delete(one(pk)).status_code == 204
    assert_problem(client.get(one(pk)), 404, "not_found")
    assert_problem(client.delete(one(pk)), 404, "not_found")
    assert titles(client.get(LIST)) == []
    assert titles(client.get(LIST, {"q": "Hello"})) == []
    assert client.post(one(pk, "restore/")).status_code == 200
    assert titles(client.get(LIST)) == ["Hello"]
    assert_problem(client.post(one(pk, "restore/")), 404, "not_found")


def test_after_a_minute_it_cannot_be_restored(
    alice: Somebody, client_of: ClientOf
) -> None:
    pk = alice.sends("Hello").conversation
    client = client_of(alice)
    client.delete(one(pk))
    Conversation.objects.update(deleted_at=Now() - UNDO_FOR - timedelta(seconds=1))
    assert_problem(client.post(one(pk, "restore/")), 404, "not_found")


# --- Who may ------------------------------------------------------------------------


def commands(pk: object) -> list[tuple[str, str, object]]:
    return [
        ("get", one(pk), None),
        ("patch", one(pk), {"title": "Mine"}),
        ("delete", one(pk), None),
        ("post", one(pk, "restore/"), None),
    ]


def test_others_are_told_the_same_as_of_unknown_ones(
    alice: Somebody, charlie: Somebody, client_of: ClientOf
) -> None:
    hers, deleted = alice.sends("Hello").conversation, alice.sends().conversation
    Conversation.objects.filter(pk=deleted).update(deleted_at=Now())
    client = client_of(charlie)

    def ask(pk: object) -> list[bytes]:
        answers = []
        for method, path, body in commands(pk):
            response = send_json(client, method, path, body)
            assert_problem(response, 404, "not_found")
            answers.append(response.content)
        return answers

    assert ask(hers) == ask(deleted) == ask(uuid.uuid4())
    assert Conversation.objects.get(pk=hers).last_seq == 1


def test_who_is_not_signed_in_is_told_so(alice: Somebody) -> None:
    pk = alice.sends("Hello").conversation
    nobody = Client()
    everything = [*commands(pk), ("get", LIST, None), ("post", LIST, {"title": "x"})]
    for method, path, body in [*everything, ("get", "/api/v1/classifiers/", None)]:
        assert_problem(send_json(nobody, method, path, body), 401, "unauthenticated")


def test_whoever_is_locked_out_is_not_signed_in(
    alice: Somebody, client_of: ClientOf
) -> None:
    client = client_of(alice)
    assert client.get(LIST).status_code == 200
    type(alice.user).objects.update(is_active=False)
    assert_problem(client.get(LIST), 401, "unauthenticated")


def test_a_cookie_alone_changes_nothing(alice: Somebody) -> None:
    pk = alice.sends("Hello").conversation
    client = Client(enforce_csrf_checks=True)
    client.cookies["sessionid"] = alice.session_key
    for method, path, body in [*commands(pk), ("post", LIST, {"title": "x"})]:
        response = send_json(client, method, path, body)
        assert response.status_code == (200 if method == "get" else 403), path
    assert Conversation.objects.get().title == "Hello"
    client.cookies["csrftoken"] = token = "t" * 32
    response = client.patch(
        one(pk),
        {"title": "Ours"},
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert response.status_code == 200


# --- Odd requests -------------------------------------------------------------------


@pytest.mark.parametrize("body", ["{", "[" * 50_000, '{"title": "\\ud83d"}', "\xff"])
def test_bad_json_is_answered(alice: Somebody, client_of: ClientOf, body: str) -> None:
    client = client_of(alice)
    data = body.encode("latin1")
    response = client.post(LIST, data, content_type="application/json")
    assert_problem(response, 400, "bad_request")


def test_a_huge_body_is_refused(alice: Somebody, client_of: ClientOf) -> None:
    body = '{"title": "' + "x" * 2_000_000 + '"}'
    response = client_of(alice).post(LIST, body, content_type="application/json")
    assert 400 <= response.status_code < 500


def test_other_methods_and_types_are_refused(
    alice: Somebody, client_of: ClientOf
) -> None:
    client = client_of(alice)
    assert_problem(client.put(LIST), 405, "bad_request")
    assert_problem(client.post(LIST, {"title": "a form"}), 415, "bad_request")
    assert client.get(one("not-an-id")).status_code == 404


def test_a_database_away_is_said_in_words(
    alice: Somebody, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(alice)

    def away(*_: object) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr("chat.models.ConversationQuerySet.for_user", away)
    response = client.get(LIST)
    assert_problem(response, 503, "internal")
    assert response.json()["retryable"] is True
    assert int(response["Retry-After"]) >= 1


def test_the_classifiers_are_those_offered(
    alice: Somebody, client_of: ClientOf
) -> None:
    (first, *_) = client_of(alice).get("/api/v1/classifiers/").json()
    assert (first["name"], first["task"], len(first["labels"])) == (
        "bert",
        "emotion",
        6,
    )
