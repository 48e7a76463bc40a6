"""A phone that signed in with Google brings the ID token; allauth checks it."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from allauth.account.models import EmailAddress
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from chat.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from django.test import Client

    from tests.accounts.fake_google import FakeGoogle

URL = "/_allauth/app/v1/auth/provider/token"
Claims = dict[str, Any]


def certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a stand-in")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def sign_in(
    db: None, google: FakeGoogle, key: rsa.RSAPrivateKey, client: Client, monkeypatch
) -> Callable[..., HttpResponse]:
    from allauth.socialaccount.providers.google import views

    monkeypatch.setattr(views, "CERTS_URL", f"{google.issuer}/certs")
    google.certs = {"ours": certificate(key)}

    def call(signed_by: rsa.RSAPrivateKey = key, **claims: Any) -> HttpResponse:
        body: Claims = {
            "iss": google.issuer,
            "aud": "our-client",
            "sub": "1001",
            "email": "gina@example.org",
            "email_verified": True,
            "name": "Gina",
            "iat": int(time.time()),
            "exp": int(time.time()) + 60,
            "jti": uuid.uuid4().hex,
        } | claims
        token = jwt.encode(body, signed_by, "RS256", headers={"kid": "ours"})
        given = {"client_id": "our-client", "id_token": token}
        fields = {"provider": "google", "process": "login", "token": given}
        return client.post(URL, fields, content_type="application/json")

    return call


def test_it_signs_in_and_the_token_works(sign_in: Any, client: Client) -> None:
    got = sign_in()
    assert got.status_code == 200, got.content
    token = got.json()["meta"]["session_token"]
    me = client.get("/api/v1/me/", headers={"X-Session-Token": token})
    assert me.json()["email"] == "gina@example.org"
    again = sign_in()
    assert again.json()["data"]["user"]["id"] == me.json()["id"]
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another-app"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
    ],
)
def test_a_token_that_is_not_for_us_is_refused(sign_in: Any, lie: Claims) -> None:
    assert sign_in(**lie).status_code == 400
    assert not User.objects.exists()


def test_a_token_that_somebody_else_signed_is_refused(sign_in: Any) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert sign_in(signed_by=other).status_code == 400
    assert not User.objects.exists()


def test_a_token_is_taken_once(sign_in: Any) -> None:
    assert sign_in(jti="once").status_code == 200
    assert sign_in(jti="once").status_code == 400


def test_it_never_takes_over_a_local_account(
    sign_in: Any, make_person: Callable[..., User]
) -> None:
    """Also where Google vouches for the address: she connects it herself, signed in."""
    gina = make_person("gina@example.org")
    EmailAddress.objects.create(
        user=gina, email=gina.email, verified=True, primary=True
    )
    got = sign_in()
    assert got.status_code in (400, 401, 409)
    assert (
        "session_token" not in got.json().get("meta", {})
        or not got.json()["meta"]["is_authenticated"]
    )
    assert gina.socialaccount_set.count() == 0
    assert User.objects.count() == 1
