from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from tests.accounts.conftest import PASSWORD, session_of

NEW = "larch-and-lantern"
RESET = "/accounts/password/reset/"


def mailed_link() -> str:
    found = re.search(
        r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[0].body
    )
    assert found, mail.outbox[0].body
    return found[1]


def set_new_password(client: Client, link: str):
    form_page = client.get(link)
    assert form_page.status_code == 302
    new = {"password1": NEW, "password2": NEW}
    return client.post(form_page["Location"], new)


def test_a_mailed_link_sets_a_new_password(client: Client, alice):
    elsewhere = Client()
    elsewhere.force_login(alice)
    assert client.post(RESET, {"email": alice.email}).status_code == 302
    link = mailed_link()
    done = set_new_password(client, link)
    assert done["Location"] == "/accounts/password/reset/key/done/"
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert elsewhere.get("/settings/").status_code == 302
    assert "used up" in Client().get(link).text
    assert mail.outbox[1].subject == "Your emochat password was changed"


def test_a_broken_link_changes_nothing(client: Client, alice):
    client.post(RESET, {"email": alice.email})
    broken = mailed_link()[:-3] + "0/"
    assert "used up" in client.get(broken).text
    assert (
        "used up" in client.get("/accounts/password/reset/key/zzz-set-password/").text
    )


def test_a_deactivated_person_gets_no_link(client: Client, make_person):
    make_person("alice@example.org", is_active=False)
    client.post(RESET, {"email": "alice@example.org"})
    assert [m.subject for m in mail.outbox] == ["You have no emochat account"]


def test_asking_is_limited(client: Client, alice):
    statuses = [
        client.post(RESET, {"email": alice.email}).status_code for _ in range(6)
    ]
    assert statuses == [302] * 5 + [429]


def test_changing_it_needs_the_old_one_and_ends_other_sessions(client: Client, alice):
    elsewhere = Client()
    elsewhere.force_login(alice)
    client.force_login(alice)
    page = "/accounts/password/change/"
    new = {"password1": NEW, "password2": NEW}
    assert client.post(page, {"oldpassword": "wrong-wrong", **new}).status_code == 200
    assert (
        client.post(page, {"oldpassword": PASSWORD, **new})["Location"] == "/settings/"
    )
    assert client.get("/settings/").status_code == 200
    assert elsewhere.get("/settings/").status_code == 302


def test_who_has_none_can_set_one(client: Client, make_person):
    ada = make_person("ada@example.org", password=None)
    client.force_login(ada)
    assert (
        client.get("/accounts/password/change/")["Location"]
        == "/accounts/password/set/"
    )
    client.post("/accounts/password/set/", {"password1": NEW, "password2": NEW})
    ada.refresh_from_db()
    assert ada.check_password(NEW)


@pytest.mark.django_db
def test_who_signed_up_with_my_address_has_nothing_once_i_reset(verifying):
    """Somebody signs up with my address and waits; I prove that it is mine."""
    squatter = Client()
    theirs = {"email": "me@example.org", "password1": PASSWORD}
    squatter.post("/accounts/signup/", theirs)
    mail.outbox.clear()

    me = Client()
    me.post(RESET, {"email": "me@example.org"})
    set_new_password(me, mailed_link())

    assert session_of(squatter) is None
    assert "id_code" in squatter.get("/accounts/confirm-email/").text
    squatter.post("/accounts/confirm-email/", {"code": "AAAA-AAAA"})
    assert session_of(squatter) is None
    login = {"login": "me@example.org", "password": PASSWORD}
    assert "not correct" in Client().post("/accounts/login/", login).text
    assert EmailAddress.objects.count() == 1
