"""Every page of an account: it answers, it is labelled, it runs nothing inline."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from allauth.socialaccount.models import SocialAccount

if TYPE_CHECKING:
    from django.test import Client

    from tests.accounts.fake_google import FakeGoogle

FOR_ALL = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/password/reset/key/1-broken/",
    "/accounts/inactive/",
    "/accounts/3rdparty/login/cancelled/",
    "/accounts/3rdparty/login/error/",
    "/accounts/google/login/",
]
FOR_PEOPLE = [
    "/settings/",
    "/accounts/logout/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/",
    "/accounts/3rdparty/",
]


class Page(HTMLParser):
    """Collects what a page must and must not have."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.described: set[str] = set()
        self.inputs: list[dict[str, str | None]] = []
        self.headings = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.headings += tag == "h1"
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "label":
            self.labelled.add(str(found.get("for")))
        if tag == "input" and found.get("type") != "hidden":
            self.inputs.append(found)
            self.described |= set((found.get("aria-describedby") or "").split())
        is_inline = tag == "style" or (tag == "script" and not found.get("nonce"))
        names = [name for name in found if name == "style" or name.startswith("on")]
        outside = [
            value
            for name, value in attrs
            if name in ("src", "href") and value and "//" in value
        ]
        if is_inline or names or outside:
            self.faults.append(f"<{tag}> {names} {outside}")
        if tag == "img" and "alt" not in found:
            self.faults.append("img without alt")


def check(answer, status: int = 200) -> Page:
    assert answer.status_code == status
    page = Page(answer.text)
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    assert page.headings == 1
    assert page.described <= set(page.ids)
    for field in page.inputs:
        if field.get("type") != "radio":
            assert field["id"] in page.labelled
            assert field.get("autocomplete"), field
            assert "placeholder" not in field
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://accounts.google.com" in policy
    assert " · emochat</title>" in answer.text
    assert 'class="plain-header"' in answer.text
    return page


@pytest.mark.parametrize("path", FOR_ALL)
def test_pages_for_all(client: Client, google: FakeGoogle, db, path):
    check(client.get(path), 401 if path.endswith("error/") else 200)


@pytest.mark.parametrize("path", FOR_PEOPLE)
@pytest.mark.parametrize("has_google", [True, False])
def test_pages_for_people(client: Client, google: FakeGoogle, alice, path, has_google):
    if has_google:
        SocialAccount.objects.create(user=alice, provider="google", uid="a")
    client.force_login(alice)
    check(client.get(path))


def test_pages_for_people_without_password(client: Client, make_person):
    client.force_login(make_person("ada@example.org", None, display_name=""))
    check(client.get("/welcome/"))
    check(client.get("/accounts/password/set/"))


def test_pages_for_people_are_for_nobody_else(client: Client, db):
    for path in [*FOR_PEOPLE, "/welcome/", "/accounts/password/set/"]:
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith(("/accounts/login/", "/")), path


def test_faults_are_tied_to_their_fields(client: Client, db):
    page = check(client.post("/accounts/signup/", {"email": "x", "password1": "x"}))
    email, password = page.inputs
    assert email["aria-invalid"] == password["aria-invalid"] == "true"
    assert email["aria-describedby"] == "id_email_error"
    assert password["aria-describedby"] == "id_password1_helptext id_password1_error"
    assert "autofocus" in email
    assert "autofocus" not in password


def test_the_code_page(client: Client, db, verifying):
    form = {"email": "new@example.org", "password1": "tealeaf-orchard"}
    client.post("/accounts/signup/", form)
    (code,) = check(client.get("/accounts/confirm-email/")).inputs
    assert code["autocomplete"] == "one-time-code"


def test_too_many_requests(client: Client, db):
    for _ in range(31):
        answer = client.post("/accounts/login/", {})
    check(answer, 429)
