"""Under `/api/` every error is a problem, whoever makes it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client, override_settings

from chat.api import deprecations
from chat.api.deprecations import Going
from chat.api.parsers import MAX_BODY_BYTES
from tests.api.test_conversations import LIST, assert_problem, one, send_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chat.cast import Somebody

    ClientOf = Callable[[Somebody], Client]

pytestmark = pytest.mark.django_db
ME = "/api/v1/me/"


@pytest.mark.parametrize(
    "path",
    ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v2/me/", "/api/v1/me", one("x")],
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_unknown_addresses(path: str, method: str) -> None:
    assert_problem(getattr(Client(), method)(path), 404, "not_found")


def test_a_method_that_is_not_there(alice: Somebody, client_of: ClientOf) -> None:
    response = client_of(alice).post(ME, {}, content_type="application/json")
    assert_problem(response, 405, "bad_request")
    assert set(response["Allow"].split(", ")) == {
        "GET",
        "PATCH",
        "DELETE",
        "HEAD",
        "OPTIONS",
    }


def test_a_form_is_not_json(alice: Somebody, client_of: ClientOf) -> None:
    assert_problem(client_of(alice).post(LIST, {"title": "x"}), 415, "bad_request")


@pytest.mark.parametrize("n_more", [1, 3_000_000])
def test_a_body_that_is_too_big(
    alice: Somebody, client_of: ClientOf, n_more: int
) -> None:
    body = b'{"title": "' + b"x" * (MAX_BODY_BYTES + n_more) + b'"}'
    response = client_of(alice).post(LIST, body, content_type="application/json")
    assert_problem(response, 413, "too_long")


def test_our_own_fault_is_told_without_saying_more(
    alice: Somebody,
    client_of: ClientOf,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("CANARY-9")

    monkeypatch.setattr("chat.models.ConversationQuerySet.for_user", broken)
    response = client_of(alice).get(LIST)
    assert_problem(response, 500, "internal")
    assert b"CANARY" not in response.content
    assert "ConversationList failed" in caplog.text


@override_settings(ALLOWED_HOSTS=["chat.example"])
def test_outside_the_views_too() -> None:
    response = Client(raise_request_exception=False).get(ME, headers={"host": "evil"})
    assert_problem(response, 400, "bad_request")


def test_who_is_not_signed_in(client: Client) -> None:
    response = client.get(ME)
    assert_problem(response, 401, "unauthenticated")
    assert response["WWW-Authenticate"] == "X-Session-Token"
    assert_problem(
        Client().get(ME, headers={"X-Session-Token": "n" * 32}), 401, "unauthenticated"
    )


def test_nothing_is_kept_on_the_way(alice: Somebody, client_of: ClientOf) -> None:
    assert client_of(alice).get(ME)["Cache-Control"] == "no-store"
    assert Client().get(ME)["Cache-Control"] == "no-store"


@override_settings(EMOCHAT_MESSAGES_BURST=2, EMOCHAT_MESSAGES_PER_MINUTE=2)
def test_one_bucket_over_all_doors(alice: Somebody, client_of: ClientOf) -> None:
    """What the socket's service sent counts here, and the answer says how long to wait."""
    alice.sends()
    client = client_of(alice)
    assert client.get("/api/v1/export/").status_code == 200
    response = client.get("/api/v1/export/")
    assert_problem(response, 429, "rate_limited")
    assert 1 <= int(response["Retry-After"]) <= 30
    assert response.json()["retry_after"] > 0


def test_what_is_going_says_so(
    alice: Somebody, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = datetime(2027, 1, 1, tzinfo=UTC)
    later = datetime(2027, 7, 1, tzinfo=UTC)
    going = Going(day, later, "https://chat.example/gone")
    client = client_of(alice)
    assert "Deprecation" not in client.get(ME)
    monkeypatch.setitem(deprecations.GOING, "Me", going)
    response = client.get(ME)
    assert response["Deprecation"] == "@1798761600"
    assert response["Sunset"] == "Thu, 01 Jul 2027 00:00:00 GMT"
    assert response["Link"] == '<https://chat.example/gone>; rel="deprecation"'
    assert "Deprecation" not in client.get(LIST)


def test_a_field_is_named(alice: Somebody, client_of: ClientOf) -> None:
    response = send_json(client_of(alice), "patch", ME, {"name": 5})
    assert_problem(response, 400, "bad_request")
    assert response.json()["detail"].startswith("name:")
