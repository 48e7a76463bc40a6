from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.accounts.fake_google import FakeGoogle, running_fake_google

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.test import Client

    from chat.models import User

PASSWORD = "tealeaf-orchard"


@pytest.fixture(scope="session", autouse=True)
def _same_addresses() -> None:
    """allauth decides on its addresses when they are first loaded: as under DEBUG,
    where there is one more, whichever test comes first."""
    import_module("allauth.account.urls")


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def _quick_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _own_counts(settings) -> None:
    """allauth counts attempts in the cache, a table that outlives some tests."""
    cache_settings = {**settings.CACHES["default"], "KEY_PREFIX": uuid4().hex}
    settings.CACHES = {"default": cache_settings}


@pytest.fixture
def make_person(db) -> Callable[..., User]:
    from chat.models import User

    def make(email: str, password: str | None = PASSWORD, **fields: object) -> User:
        fields.setdefault("display_name", email.split("@")[0].title())
        return User.objects.create_user(email, password, **fields)

    return make


@pytest.fixture
def alice(make_person) -> User:
    return make_person("alice@example.org")


@pytest.fixture
def verifying(settings) -> None:
    """As it is where DEBUG is off."""
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True


@pytest.fixture(scope="session")
def google_server() -> Iterator[FakeGoogle]:
    with running_fake_google() as google:
        yield google


@pytest.fixture
def google(google_server: FakeGoogle, settings, monkeypatch) -> FakeGoogle:
    """Google's stand-in, and allauth told to use it as with GOOGLE_ISSUER.

    allauth reads Google's addresses when its module is loaded, so here they are put
    where it keeps them.
    """
    from allauth.socialaccount.providers.google import views

    google = google_server
    google.asked.clear()
    google.lies.clear()
    google.pictures.clear()
    google.seconds_a_part = 0
    settings.GOOGLE_CLIENT_ID = "our-client"
    settings.GOOGLE_ISSUER = google.issuer
    provider = settings.SOCIALACCOUNT_PROVIDERS["google"]
    app = {"client_id": "our-client", "secret": "our-secret", "key": ""}
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {**provider, "APPS": [app]}}
    adapter = views.GoogleOAuth2Adapter
    monkeypatch.setattr(adapter, "authorize_url", f"{google.issuer}/oauth2/authorize")
    monkeypatch.setattr(adapter, "access_token_url", f"{google.issuer}/oauth2/token")
    monkeypatch.setattr(adapter, "identity_url", f"{google.issuer}/userinfo")
    monkeypatch.setattr(views, "ID_TOKEN_ISSUER", google.issuer)
    return google


def session_of(client: Client) -> str | None:
    """The id of who is signed in."""
    return client.session.get("_auth_user_id")
