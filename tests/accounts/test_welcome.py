from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client


@pytest.fixture
def newcomer(make_person, client: Client):
    person = make_person("new@example.org", display_name="")
    client.force_login(person)
    return person


def test_the_first_visit_asks_for_a_name(client: Client, newcomer):
    assert client.get("/")["Location"] == "/welcome/"
    page = client.get("/welcome/?next=/settings/")
    assert "What should we call you?" in page.text
    answer = client.post("/welcome/", {"name": " Ada  L. ", "next": "/settings/"})
    assert answer["Location"] == "/settings/"
    newcomer.refresh_from_db()
    assert newcomer.display_name == "Ada L."
    assert client.get("/welcome/")["Location"] == "/"


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 61, "a\x00b"])
def test_a_name_is_needed(client: Client, newcomer, name):
    page = client.post("/welcome/", {"name": name})
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.text
    newcomer.refresh_from_db()
    assert newcomer.display_name == ""


def test_markup_in_a_name_is_text(client: Client, newcomer):
    client.post("/welcome/", {"name": "<img src=x>"})
    page = client.get("/settings/")
    assert "<img src=x>" not in page.text
    assert "&lt;img src=x&gt;" in page.text


@pytest.mark.parametrize("path", ["/welcome/", "/settings/"])
def test_it_is_for_people_who_are_signed_in(client: Client, db, path):
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"
    assert client.post(path, {"name": "x"}).status_code == 302


def test_settings_change_the_name(client: Client, alice):
    client.force_login(alice)
    page = client.post("/settings/", {"name": "Alice B."}, follow=True)
    assert "Your name is saved." in page.text
    assert "Alice B." in page.text


def test_settings_show_google_only_where_it_is_set_up(client: Client, alice, settings):
    client.force_login(alice)
    assert "Google" not in client.get("/settings/").text
    settings.GOOGLE_CLIENT_ID = "our-client"
    assert "Google" in client.get("/settings/").text
