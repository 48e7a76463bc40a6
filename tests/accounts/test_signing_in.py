from __future__ import annotations

import pytest
from django.test import Client

from tests.accounts.conftest import PASSWORD, session_of

LOGIN = "/accounts/login/"


def sign_in(client: Client, password: str = PASSWORD, **fields):
    form = {"login": "alice@example.org", "password": password, **fields}
    return client.post(LOGIN, form)


def test_it_signs_in(client: Client, alice):
    answer = sign_in(client)
    assert answer["Location"] == "/"
    assert session_of(client) == str(alice.pk)


def test_the_address_may_be_written_in_any_case(client: Client, alice):
    sign_in(client, login=" ALICE@Example.ORG ")
    assert session_of(client) == str(alice.pk)


def test_without_a_name_the_way_leads_by_the_welcome_page(client: Client, make_person):
    make_person("alice@example.org", display_name="")
    assert sign_in(client, next="/settings/")["Location"] == (
        "/welcome/?next=%2Fsettings%2F"
    )


def test_the_key_of_the_session_changes(client: Client, alice):
    client.get("/accounts/google/login/callback/")
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    sign_in(client)
    assert client.session.session_key != planted


@pytest.mark.parametrize("bad", ["//evil.example", "/\\evil.example"])
def test_next_leads_nowhere_else(client: Client, alice, bad):
    assert sign_in(client, next=bad)["Location"] == "/"


def test_a_post_without_token_is_refused(alice):
    strict = Client(enforce_csrf_checks=True)
    for path in (LOGIN, "/accounts/signup/", "/accounts/logout/", "/settings/"):
        assert strict.post(path, {}).status_code in (302, 403), path
    assert sign_in(strict).status_code == 403


def test_five_failures_lock_the_account_for_a_while(client: Client, alice):
    for _ in range(5):
        assert "not correct" in sign_in(client, "wrong-wrong").text
    locked = sign_in(client)
    assert "Too many failed" in locked.text
    assert session_of(client) is None


def test_an_address_that_nobody_has_is_locked_alike(client: Client, alice):
    nobody = {"login": "nobody@example.org"}
    for _ in range(5):
        assert "not correct" in sign_in(client, "wrong-wrong", **nobody).text
    assert "Too many failed" in sign_in(client, "wrong-wrong", **nobody).text


def test_a_forged_forwarded_for_changes_nothing(client: Client, alice):
    answers = [
        client.post(
            LOGIN,
            {"login": f"x{n}@example.org", "password": "wrong-wrong"},
            headers={"X-Forwarded-For": f"10.0.0.{n}"},
        )
        for n in range(31)
    ]
    assert answers[-1].status_code == 429
    assert "too fast" in answers[-1].text


def test_a_deactivated_person_stays_out(client: Client, make_person):
    make_person("alice@example.org", is_active=False)
    assert sign_in(client)["Location"] == "/accounts/inactive/"
    assert session_of(client) is None
    assert "not correct" in sign_in(client, "wrong-wrong").text


def test_deactivation_ends_a_session(client: Client, alice):
    sign_in(client)
    assert client.get("/settings/").status_code == 200
    type(alice).objects.update(is_active=False)
    assert client.get("/settings/").status_code == 302


def test_signing_out_is_a_post(client: Client, alice):
    sign_in(client)
    page = client.get("/accounts/logout/")
    assert 'method="post" action="/accounts/logout/"' in page.text
    assert session_of(client) is not None
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert session_of(client) is None
    assert client.get("/settings/").status_code == 302
