from __future__ import annotations

import re
from unittest.mock import patch

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from chat.models import User
from tests.accounts.conftest import PASSWORD, session_of

SIGNUP = "/accounts/signup/"
CODE_PAGE = "/accounts/confirm-email/"
FORM = {"email": "New@Example.org", "password1": PASSWORD}


def sent_code() -> str:
    found = re.search(r"^    (\S+-\S+)$", mail.outbox[-1].body, re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found[1]


@pytest.mark.django_db
def test_under_debug_one_form_is_enough(client: Client):
    answer = client.post(SIGNUP, FORM)
    assert answer.status_code == 302
    assert answer["Location"] == "/welcome/?next=%2F"
    person = User.objects.get()
    assert person.email == "new@example.org"
    assert session_of(client) == str(person.pk)
    assert mail.outbox == []


@pytest.mark.django_db
def test_elsewhere_the_address_is_verified_by_code(client: Client, verifying):
    assert client.post(SIGNUP, FORM)["Location"] == CODE_PAGE
    assert session_of(client) is None
    assert mail.outbox[0].to == ["new@example.org"]
    assert "new@example.org" in client.get(CODE_PAGE).text

    wrong = client.post(CODE_PAGE, {"code": "AAAA-AAAA"})
    assert wrong.status_code == 200
    assert 'aria-describedby="id_code_error"' in wrong.text
    assert session_of(client) is None

    right = client.post(CODE_PAGE, {"code": sent_code()})
    assert right["Location"].startswith("/welcome/")
    assert session_of(client) == str(User.objects.get().pk)
    assert EmailAddress.objects.get().verified


@pytest.mark.django_db
def test_after_three_wrong_codes_the_right_one_is_worth_nothing(
    client: Client, verifying
):
    client.post(SIGNUP, FORM)
    code = sent_code()
    for _ in range(3):
        client.post(CODE_PAGE, {"code": "AAAA-AAAA"})
    client.post(CODE_PAGE, {"code": code})
    assert session_of(client) is None
    assert not EmailAddress.objects.filter(verified=True).exists()


@pytest.mark.django_db
def test_signing_in_before_the_code_asks_for_a_code_again(verifying):
    Client().post(SIGNUP, FORM)
    from django.core.cache import cache

    cache.clear()
    later = Client()
    answer = later.post(
        "/accounts/login/", {"login": FORM["email"], "password": PASSWORD}
    )
    assert answer["Location"] == CODE_PAGE
    assert session_of(later) is None
    assert later.post(CODE_PAGE, {"code": sent_code()}).status_code == 302
    assert session_of(later) is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("", PASSWORD),
        ("no address", PASSWORD),
        ("a@b\x00c.org", PASSWORD),
        ("new@example.org", ""),
        ("new@example.org", "short"),
        ("new@example.org", "password"),
        ("new@example.org", "93481234234"),
        ("someone@example.org", "someone@example.org"),
        ("x" * 400 + "@example.org", PASSWORD),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(client: Client, email, password):
    answer = client.post(SIGNUP, {"email": email, "password1": password})
    assert answer.status_code == 200
    assert 'aria-invalid="true"' in answer.text
    assert not User.objects.exists()


@pytest.mark.parametrize("is_verifying", [False, True])
def test_a_double_click_makes_one_account(client: Client, alice, request, is_verifying):
    """Both posts look whether the address is free before either has taken it."""
    if is_verifying:
        request.getfixturevalue("verifying")
    flow = "allauth.account.internal.flows.manage_email.assess_unique_email"
    with patch(flow, return_value=True):
        form = {"email": alice.email, "password1": PASSWORD}
        answer = client.post(SIGNUP, form)
    assert answer["Location"] == (CODE_PAGE if is_verifying else "/accounts/login/")
    assert session_of(client) is None
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_signing_up_is_limited(client: Client):
    statuses = [client.post(SIGNUP, {}).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]


@pytest.mark.django_db
def test_next_is_followed_after_the_welcome_page(client: Client):
    answer = client.post(SIGNUP, {**FORM, "next": "/settings/"})
    assert answer["Location"] == "/welcome/?next=%2Fsettings%2F"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "bad", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x"]
)
def test_next_leads_nowhere_else(client: Client, bad):
    answer = client.post(SIGNUP, {**FORM, "next": bad})
    assert answer["Location"] == "/welcome/?next=%2F"
    answer = client.post("/welcome/", {"name": "New", "next": bad})
    assert answer["Location"] == "/"
