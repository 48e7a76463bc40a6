"""A browser without scripts, and the app that shows codes, against a real server."""

from __future__ import annotations

import base64
import hmac
import html
import re
import struct
import time
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from tests.server import LiveServer, Person

PERIOD_S = 30
LOGIN, PAGES = "/accounts/login/", "/accounts/2fa/"
AUTHENTICATE = f"{PAGES}authenticate/"
ACTIVATE, DEACTIVATE = f"{PAGES}totp/activate/", f"{PAGES}totp/deactivate/"
CODES = f"{PAGES}recovery-codes/"


def code_of(secret: str) -> str:
    """What the app shows now; waits for the next one if this one is about to go."""
    left_s = PERIOD_S - time.time() % PERIOD_S
    if left_s < 8:
        time.sleep(left_s + 0.1)
    return totp(secret, time.time())


def totp(secret: str, at_s: float) -> str:
    """What any app computes; ours, since allauth's loads only where it is installed.

    Source: https://datatracker.ietf.org/doc/html/rfc6238
    """
    counter = struct.pack(">Q", int(at_s) // PERIOD_S)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    (value,) = struct.unpack_from(">I", digest, digest[-1] & 15)
    return f"{(value & 0x7FFFFFFF) % 1_000_000:06}"


def wrong(code: str) -> str:
    """A code that is certainly another one."""
    return f"{(int(code) + 500_000) % 1_000_000:06}"


class Browser:
    """Follows no redirect by itself, so that a test sees where one leads."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.http = requests.Session()

    def get(self, path: str) -> requests.Response:
        return self._ask("GET", path)

    def post(self, path: str, **form: str) -> requests.Response:
        """Send a form of this page, with the token that stands in it."""
        page = self.get(path)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token, f"{path}: {page.status_code} {page.headers.get('Location')}"
        return self._ask("POST", path, form | {"csrfmiddlewaretoken": token[1]})

    def _ask(self, method: str, path: str, form: object = None) -> requests.Response:
        url = self.server.url + path
        return self.http.request(
            method, url, data=form, timeout=60, allow_redirects=False
        )

    def give_password(self, person: Person, **form: str) -> requests.Response:
        return self.post(LOGIN, login=person.email, password=person.password, **form)

    def confirm(self, person: Person) -> requests.Response:
        """Give the password once more, as what changes the sign-in asks for."""
        return self.post("/accounts/reauthenticate/", password=person.password)

    def is_signed_in(self) -> bool:
        return self.get("/settings/").status_code == 200


def signed_in(server: LiveServer, person: Person) -> Browser:
    browser = Browser(server)
    assert browser.give_password(person).status_code == 302
    assert browser.is_signed_in()
    assert browser.confirm(person).status_code == 302
    return browser


def turn_on(browser: Browser) -> str:
    """Set up an app; return its secret."""
    page = browser.get(ACTIVATE).text
    # The page makes a new secret each time that it is shown, so it is posted at once.
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    secret = re.search(r'id="secret">([A-Z2-7]+)<', page)
    assert token
    assert secret
    form = {"csrfmiddlewaretoken": token[1], "code": code_of(secret[1])}
    done = browser._ask("POST", ACTIVATE, form)
    assert done.headers.get("Location") == CODES, done.text
    return secret[1]


def recovery_codes(browser: Browser) -> list[str]:
    return re.findall(r"<li><code>(\d+)</code>", html.unescape(browser.get(CODES).text))
