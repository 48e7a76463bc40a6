"""With verification on, nobody learns here whether an address has an account."""

from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from django.contrib.auth import hashers
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests.accounts.conftest import PASSWORD

KNOWN = "alice@example.org"
UNKNOWN = "alicf@example.org"
UNVERIFIED = "alicg@example.org"


@pytest.fixture(autouse=True)
def _three_kinds(verifying, alice, make_person):
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=alice, email=KNOWN, primary=True, verified=True)
    make_person(UNVERIFIED)


def seen(answer, email: str) -> tuple[int, str, str]:
    """What the browser gets, without what differs from one visit to the next."""
    body = re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]+"', "", answer.text)
    return answer.status_code, answer.get("Location", ""), body.replace(email, "EMAIL")


def sign_up(client: Client, email: str) -> list:
    """Sign up, look at the page that follows, try a code, ask for another."""
    code_page = "/accounts/confirm-email/"
    form = {"email": email, "password1": PASSWORD}
    steps = [
        client.post("/accounts/signup/", form),
        client.get(code_page),
        client.post(code_page, {"code": "AAAA-AAAA"}),
        client.post(code_page, {"action": "change", "email": "else@example.org"}),
    ]
    cache.clear()
    steps += [
        client.post(code_page, {"action": "resend"}),
        client.get(code_page),
        client.post(code_page, {"code": "AAAA-AAAA"}),
        client.get("/accounts/login/"),
    ]
    return [seen(step, email) for step in steps]


@pytest.mark.parametrize("email", [KNOWN, UNVERIFIED])
def test_signing_up_looks_the_same(email):
    assert sign_up(Client(), email) == sign_up(Client(), UNKNOWN)


def hashes(path: str, form: dict[str, str]) -> int:
    """How many passwords are hashed: what takes the time that could be measured."""
    hasher = hashers.MD5PasswordHasher
    with patch.object(
        hasher, "encode", side_effect=hasher.encode, autospec=True
    ) as encode:
        Client().post(path, form)
    return encode.call_count


def test_signing_up_does_the_same_work():
    def work(email: str) -> int:
        return hashes("/accounts/signup/", {"email": email, "password1": PASSWORD})

    assert work(KNOWN) == work(UNVERIFIED) == work(UNKNOWN) > 0


def test_signing_in_does_the_same_work():
    def work(email: str) -> int:
        form = {"login": email, "password": "wrong-wrong"}
        return hashes("/accounts/login/", form)

    assert work(KNOWN) == work(UNVERIFIED) == work(UNKNOWN) > 0


def test_the_owner_is_told_by_mail():
    sign_up(Client(), KNOWN)
    assert mail.outbox[0].to == [KNOWN]
    assert mail.outbox[0].subject == "You have an emochat account already"


@pytest.mark.parametrize("email", [KNOWN, UNVERIFIED])
def test_resetting_looks_the_same(email):
    def reset(email: str) -> list:
        client = Client()
        asked = client.post("/accounts/password/reset/", {"email": email})
        return [seen(asked, email), seen(client.get(asked["Location"]), email)]

    assert reset(email) == reset(UNKNOWN)
    assert [m.to for m in mail.outbox] == [[email], [UNKNOWN]]


@pytest.mark.parametrize("email", [KNOWN, UNVERIFIED])
def test_signing_in_looks_the_same(email):
    def sign_in(email: str) -> list:
        cache.clear()
        form = {"login": email, "password": "wrong-wrong"}
        client = Client()
        return [seen(client.post("/accounts/login/", form), email) for _ in range(6)]

    assert sign_in(email) == sign_in(UNKNOWN)


def test_changing_to_a_taken_address_looks_the_same(make_person):
    def change(me, email: str) -> list:
        cache.clear()
        client = Client()
        client.force_login(me)
        me_again = {"password": PASSWORD}
        client.post("/accounts/reauthenticate/", me_again)
        asked = client.post("/accounts/email/", {"email": email, "action_add": ""})
        return [seen(asked, email), seen(client.get(asked["Location"]), email)]

    bob = make_person("bob@example.org")
    assert change(bob, KNOWN) == change(bob, UNKNOWN) == change(bob, UNVERIFIED)
