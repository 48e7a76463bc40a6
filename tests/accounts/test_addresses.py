"""Changing the e-mail address."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from tests.accounts.conftest import PASSWORD, session_of

PAGE = "/accounts/email/"
CODE_PAGE = "/accounts/confirm-email/"
NEW = "new@example.org"


@pytest.fixture
def sure(client: Client, alice) -> Client:
    """Alice, who has just shown again that it is her."""
    client.force_login(alice)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def ask_for(client: Client, email: str):
    return client.post(PAGE, {"email": email, "action_add": ""})


def sent_code() -> str:
    found = re.search(r"^    (\S+-\S+)$", mail.outbox[-1].body, re.MULTILINE)
    assert found
    return found[1]


def verified(alice) -> None:
    EmailAddress.objects.create(
        user=alice, email=alice.email, primary=True, verified=True
    )


def test_it_needs_the_password_again(client: Client, alice, verifying):
    verified(alice)
    client.force_login(alice)
    assert ask_for(client, NEW)["Location"].startswith("/accounts/reauthenticate/")
    answer = client.post(
        "/accounts/reauthenticate/", {"password": PASSWORD, "next": PAGE}
    )
    assert answer["Location"] == CODE_PAGE
    assert mail.outbox[-1].to == [NEW]


def test_it_counts_once_the_code_is_entered(sure: Client, alice, verifying):
    verified(alice)
    assert ask_for(sure, NEW)["Location"] == CODE_PAGE
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"
    sure.post(CODE_PAGE, {"code": sent_code()})
    alice.refresh_from_db()
    assert alice.email == NEW
    assert EmailAddress.objects.get().verified
    old_and_new = {address for message in mail.outbox for address in message.to}
    assert old_and_new == {NEW, "alice@example.org"}


def test_an_address_that_somebody_only_claims_is_not_taken_over(
    sure: Client, alice, make_person, verifying
):
    """The row of who never proved it stays, and nothing breaks; nobody is merged."""
    verified(alice)
    squatter = make_person(NEW)
    ask_for(sure, NEW)
    answer = sure.post(CODE_PAGE, {"code": sent_code()}, follow=True)
    assert answer.status_code == 200
    assert "already registered" in answer.text
    alice.refresh_from_db()
    squatter.refresh_from_db()
    assert (alice.email, squatter.email) == ("alice@example.org", NEW)
    assert session_of(sure) == str(alice.pk)


def test_under_debug_it_counts_at_once_and_the_old_one_is_gone(sure: Client, alice):
    assert ask_for(sure, NEW)["Location"] == PAGE
    alice.refresh_from_db()
    assert alice.email == NEW
    assert EmailAddress.objects.get().email == NEW
    form = {"login": NEW, "password": PASSWORD}
    assert Client().post("/accounts/login/", form).status_code == 302


def test_under_debug_a_taken_one_is_refused(sure: Client, alice, make_person):
    make_person(NEW)
    assert "already registered" in ask_for(sure, NEW).text
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


@pytest.mark.parametrize("action", ["action_remove", "action_send", "action_primary"])
def test_the_only_address_cannot_be_lost(sure: Client, alice, action):
    sure.get(PAGE)
    sure.post(PAGE, {"email": alice.email, action: ""})
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


@pytest.mark.parametrize("bad", ["", "x", "alice@example.org", "a\x00@example.org"])
def test_what_is_no_new_address_is_refused(sure: Client, alice, bad):
    answer = ask_for(sure, bad)
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text
