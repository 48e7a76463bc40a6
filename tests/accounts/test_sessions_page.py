"""The list of where one is signed in, for browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.test import Client

from tests.accounts.conftest import PASSWORD

if TYPE_CHECKING:
    from chat.models import User

LIST = "/accounts/sessions/"


def signed_in(user: User, agent: str) -> Client:
    client = Client(headers={"user-agent": agent})
    got = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert got.status_code == 302
    return client


def test_it_lists_them_and_ends_the_others(alice: User) -> None:
    phone, laptop = signed_in(alice, "a phone"), signed_in(alice, "<b>laptop</b>")
    page = laptop.get(LIST).content.decode()
    assert "a phone" in page
    assert "&lt;b&gt;laptop" in page
    assert page.count("this one") == 1
    assert laptop.post(LIST).status_code == 302
    assert laptop.get("/settings/").status_code == 200
    assert phone.get("/settings/").status_code == 302
    assert "a phone" not in laptop.get(LIST).content.decode()


def test_the_settings_lead_there(alice: User) -> None:
    page = signed_in(alice, "a phone").get("/settings/").content.decode()
    assert f'href="{LIST}"' in page
    assert 'href="/api/v1/export/"' in page
