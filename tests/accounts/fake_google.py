"""A stand-in for Google on loopback: oidc-provider-mock, pictures, and lies on demand."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import flask
import requests

with warnings.catch_warnings(record=True):  # the mock uses a deprecated library
    import oidc_provider_mock
    from oidc_provider_mock._server import _threaded_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class FakeGoogle:
    issuer: str = ""
    # What was asked, as (path, fields).
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    # Claims that replace those of every id token issued from now on.
    lies: dict[str, Any] = field(default_factory=dict)
    # Google's certificates by key id, for tokens that an app brings.
    certs: dict[str, str] = field(default_factory=dict)
    # What lies under /pictures/NAME, and seconds between its parts.
    pictures: dict[str, bytes] = field(default_factory=dict)
    seconds_a_part: float = 0

    def knows(self, sub: str, **claims: Any) -> None:
        url = f"{self.issuer}/users/{sub}"
        requests.put(url, json=claims, timeout=5).raise_for_status()

    def picture(self, name: str, data: bytes) -> str:
        self.pictures[name] = data
        return f"{self.issuer}/pictures/{name}"

    def approve(self, authorize_url: str, sub: str) -> str:
        """Press the button on Google's page; return where Google sends the browser."""
        return self._answer(authorize_url, {"sub": sub})

    def deny(self, authorize_url: str) -> str:
        return self._answer(authorize_url, {"action": "deny"})

    def fields_of(self, path: str) -> list[dict[str, str]]:
        return [fields for asked, fields in self.asked if asked == path]

    def checked_pkce(self) -> bool:
        """Whether each code was asked for with a challenge and fetched with its verifier."""
        challenges = []
        for fields in self.fields_of("/oauth2/authorize"):
            assert fields["code_challenge_method"] == "S256"
            challenges.append(fields["code_challenge"])
        verifiers = [f["code_verifier"] for f in self.fields_of("/oauth2/token")]
        return bool(verifiers) and {s256(v) for v in verifiers} <= set(challenges)

    def _answer(self, authorize_url: str, form: dict[str, str]) -> str:
        answer = requests.post(
            authorize_url, data=form, allow_redirects=False, timeout=5
        )
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


def s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@contextmanager
def running_fake_google() -> Iterator[FakeGoogle]:
    google = FakeGoogle()
    app = oidc_provider_mock.app()
    app.before_request(lambda: _write_down(google))
    app.after_request(lambda response: _lie(google, response))
    app.add_url_rule(
        "/pictures/<name>", "pictures", lambda name: _picture(google, name)
    )
    app.add_url_rule("/certs", "certs", lambda: flask.jsonify(google.certs))
    app.add_url_rule("/moved", "moved", lambda: flask.redirect("/pictures/ok"))
    with _threaded_server(app=app) as server:
        google.issuer = f"http://localhost:{server.server_port}"
        yield google


def _write_down(google: FakeGoogle) -> None:
    asked = flask.request.args | flask.request.form
    google.asked.append((flask.request.path, dict(asked)))


def _lie(google: FakeGoogle, response: flask.Response) -> flask.Response:
    """Replace claims. Nothing checks the signature of a token fetched from its issuer."""
    if google.lies and flask.request.path == "/oauth2/token":
        answer = json.loads(response.get_data())
        header, payload, signature = answer["id_token"].split(".")
        padded = payload + "=" * (-len(payload) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded)) | google.lies
        forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=")
        answer["id_token"] = ".".join([header, forged.decode(), signature])
        response.set_data(json.dumps(answer))
    return response


def _picture(google: FakeGoogle, name: str) -> flask.Response:
    data = google.pictures[name]

    def parts() -> Iterator[bytes]:
        if not google.seconds_a_part:
            yield data
            return
        for at in range(len(data)):
            yield data[at : at + 1]
            time.sleep(google.seconds_a_part)

    return flask.Response(parts(), mimetype="image/png")


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
