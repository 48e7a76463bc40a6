"""Signing in with Google, over real HTTP, against a stand-in on loopback."""

from __future__ import annotations

import io
import time

import pytest
import requests
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from PIL import Image

from chat.models import User
from tests.accounts.conftest import session_of
from tests.accounts.fake_google import FakeGoogle, query_of

START = "/accounts/google/login/"
CALLBACK = "/accounts/google/login/callback/"
CANCELLED = "/accounts/3rdparty/login/cancelled/"


def a_picture() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(picture, "JPEG")
    return picture.getvalue()


def begin(client: Client, **fields: str) -> str:
    """Press the button; return where on Google the browser is sent."""
    answer = client.post(START, fields)
    assert answer.status_code == 302, answer.text
    return answer["Location"]


def come_back(client: Client, url: str):
    """Follow Google's redirect back to us."""
    return client.get(CALLBACK, query_of(url))


def sign_in(client: Client, google: FakeGoogle, sub: str, **fields: str):
    return come_back(client, google.approve(begin(client, **fields), sub))


@pytest.mark.django_db(transaction=True)
def test_a_person_comes_with_name_and_picture(live_server, google: FakeGoogle):
    """Every leg over HTTP: the browser is `requests`, the web app a live server."""
    google.knows(
        "ada",
        email="Ada@Example.org",
        email_verified=True,
        name="Ada Lovelace",
        picture=google.picture("ada", a_picture()),
    )
    browser = requests.Session()
    page = browser.get(f"{live_server}/accounts/login/", timeout=10)
    assert "Continue with Google" in page.text
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    start = browser.post(f"{live_server}{START}", token, timeout=10)
    assert start.url.startswith(f"{google.issuer}/oauth2/authorize")
    welcome = browser.get(google.approve(start.url, "ada"), timeout=10)

    assert welcome.url == f"{live_server}/welcome/?next=%2F"
    assert 'value="Ada Lovelace"' in welcome.text
    person = User.objects.get()
    assert (person.email, person.display_name) == ("ada@example.org", "")
    assert not person.has_usable_password()
    assert google.checked_pkce()
    assert not SocialToken.objects.exists()

    picture = wait_for_picture(person)
    shown = browser.get(f"{live_server}{picture}", timeout=10)
    assert shown.headers["Content-Type"] == "image/webp"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(shown.content)).size == (128, 128)
    assert google.issuer not in browser.get(f"{live_server}/settings/", timeout=10).text


def wait_for_picture(person: User) -> str:
    give_up_at = time.monotonic() + 10
    while time.monotonic() < give_up_at:
        person.refresh_from_db()
        if person.avatar_url:
            return person.avatar_url
        time.sleep(0.02)
    raise AssertionError("no picture came")


@pytest.mark.django_db
def test_the_second_time_the_same_person_comes(client: Client, google: FakeGoogle):
    google.knows("ada", email="ada@example.org", email_verified=True, name="Ada")
    sign_in(client, google, "ada")
    User.objects.update(display_name="Countess")
    again = Client()
    assert sign_in(again, google, "ada", next="/settings/")["Location"] == "/settings/"
    assert session_of(again) == str(User.objects.get().pk)
    assert User.objects.get().display_name == "Countess"


@pytest.mark.django_db
def test_what_is_asked_of_google(client: Client, google: FakeGoogle):
    asked = query_of(begin(client))
    assert asked["client_id"] == "our-client"
    assert asked["response_type"] == "code"
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["redirect_uri"] == f"http://testserver{CALLBACK}"
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 16
    assert asked["state"] != query_of(begin(client))["state"]


@pytest.mark.django_db
def test_it_starts_with_a_post_that_has_our_token(client: Client, google: FakeGoogle):
    page = client.get(START)
    assert page.status_code == 200
    assert "Continue to Google" in page.text
    assert Client(enforce_csrf_checks=True).post(START).status_code == 403


@pytest.mark.django_db
def test_without_keys_there_is_no_google(client: Client):
    assert "Google" not in client.get("/accounts/login/").text
    for path in (START, CALLBACK):
        assert client.get(path).status_code == 404
    assert client.post(START).status_code == 404


@pytest.mark.django_db
def test_a_code_without_its_verifier_is_never_sent(client: Client, google: FakeGoogle):
    google.knows("ada", email="ada@example.org", email_verified=True)
    sign_in(client, google, "ada")
    assert google.checked_pkce()
    assert len(google.fields_of("/oauth2/token")) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["", "made-up-by-somebody"])
def test_a_missing_or_invented_state_is_refused(
    client: Client, google: FakeGoogle, state
):
    google.knows("ada", email="ada@example.org", email_verified=True)
    back = query_of(google.approve(begin(client), "ada"))
    answer = client.get(CALLBACK, {**back, "state": state})
    assert_refused(answer, client)
    assert google.fields_of("/oauth2/token") == []


@pytest.mark.django_db
def test_the_state_of_another_session_is_refused(client: Client, google: FakeGoogle):
    """Log-in CSRF: the attacker's own answer from Google, sent to a victim."""
    google.knows("mallory", email="mallory@example.org", email_verified=True)
    back = google.approve(begin(Client()), "mallory")
    assert_refused(come_back(client, back), client)
    begin(client)
    assert_refused(come_back(client, back), client)


@pytest.mark.django_db
def test_an_answer_counts_once(client: Client, google: FakeGoogle):
    google.knows("ada", email="ada@example.org", email_verified=True)
    back = google.approve(begin(client), "ada")
    assert come_back(client, back).status_code == 302
    client.post("/accounts/logout/")
    assert_refused(come_back(client, back), client)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another-client"},
        {"iss": "https://accounts.evil.example"},
        {"exp": 1_000_000_000},
    ],
)
def test_a_token_for_others_of_others_or_of_old_is_refused(
    client: Client, google: FakeGoogle, lie
):
    google.knows("ada", email="ada@example.org", email_verified=True)
    google.lies = lie
    assert_refused(sign_in(client, google, "ada"), client)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "bad", ["//evil.example", "/\\evil.example", "https://evil.example/"]
)
def test_next_leads_nowhere_else(client: Client, google: FakeGoogle, bad):
    google.knows("ada", email="ada@example.org", email_verified=True)
    answer = sign_in(client, google, "ada", next=bad)
    assert answer["Location"] == "/welcome/?next=%2F"


@pytest.mark.django_db
def test_who_says_no_to_google_is_told_that_nothing_happened(
    client: Client, google: FakeGoogle
):
    # RFC 6749 has the state in refusals too; the mock leaves it out.
    url = begin(client)
    back = query_of(google.deny(url)) | {"state": query_of(url)["state"]}
    assert back["error"] == "access_denied"
    answer = client.get(CALLBACK, back)
    assert answer["Location"] == CANCELLED
    assert "Nothing happened" in client.get(CANCELLED).text
    assert session_of(client) is None


@pytest.mark.django_db
def test_google_being_down_is_an_error_page(
    client: Client, google: FakeGoogle, monkeypatch
):
    from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter

    back = google.approve(begin(client), "ada")
    nobody = "http://localhost:9/oauth2/token"
    monkeypatch.setattr(GoogleOAuth2Adapter, "access_token_url", nobody)
    assert_refused(come_back(client, back), client)


@pytest.mark.django_db
def test_without_an_address_one_is_asked_for_and_verified(
    client: Client, google: FakeGoogle, verifying
):
    google.knows("nomail", name="No Mail")
    answer = sign_in(client, google, "nomail")
    assert answer["Location"] == "/accounts/3rdparty/signup/"
    form = client.post(answer["Location"], {"email": "given@example.org"})
    assert form["Location"] == "/accounts/confirm-email/"
    assert session_of(client) is None


@pytest.mark.django_db
def test_a_deactivated_person_stays_out(client: Client, google: FakeGoogle):
    google.knows("ada", email="ada@example.org", email_verified=True)
    sign_in(client, google, "ada")
    User.objects.update(is_active=False)
    again = Client()
    assert sign_in(again, google, "ada")["Location"] == "/accounts/inactive/"
    assert session_of(again) is None


@pytest.mark.django_db
def test_strange_claims_break_nothing(client: Client, google: FakeGoogle):
    google.knows(
        "odd",
        email="odd@example.org",
        email_verified=True,
        name="\u202e<script>alert(1)</script>\x07 " + "x" * 500,
        picture="javascript:alert(1)",
    )
    answer = sign_in(client, google, "odd")
    page = client.get(answer["Location"]).text
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert" in page


def assert_refused(answer, client: Client) -> None:
    assert answer.status_code == 401
    assert "That did not work" in answer.text
    assert session_of(client) is None
    assert not SocialAccount.objects.exclude(user__is_active=True).exists()
