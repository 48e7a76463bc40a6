"""Two-factor sign-in on a real server that offers it."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.accounts.second_factor import (
    ACTIVATE,
    AUTHENTICATE,
    CODES,
    DEACTIVATE,
    PAGES,
    Browser,
    code_of,
    recovery_codes,
    signed_in,
    totp,
    turn_on,
    wrong,
)
from tests.accounts.test_pages import Page
from tests.api.test_sign_in import Door
from tests.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.server import LiveServer, Person

QUICK_TO_START = {
    "EMOCHAT_TEST_DECODER": "tests.fakes:scripted_generator",
    "EMOCHAT_CLASSIFIERS": "distilbert",
}


@pytest.fixture(scope="module")
def offering(make_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    with make_server(EMOCHAT_MFA="true", **QUICK_TO_START).start() as server:
        yield server


@pytest.fixture
def of_its_own(make_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    """For the test that turns it off."""
    with make_server(EMOCHAT_MFA="true", **QUICK_TO_START).start() as server:
        yield server


@pytest.fixture
def server(offering: LiveServer) -> LiveServer:
    """Nobody has failed yet: allauth counts by address too, and here all share one."""
    with offering.database() as connection:
        connection.execute("DELETE FROM django_cache")
    return offering


@pytest.fixture(scope="module")
def people(offering: LiveServer) -> list[Person]:
    return offering.people(12)


@pytest.fixture
def ada(people: list[Person]) -> Person:
    """Somebody new."""
    return people.pop()


def rows_of(server: LiveServer, person: Person) -> int:
    with server.database() as connection:
        found = connection.execute(
            "SELECT count(*) FROM mfa_authenticator WHERE user_id = %s", [person.id]
        ).fetchone()
    assert found
    return found[0]


def mails(server: LiveServer) -> str:
    return "".join(path.read_text() for path in (server.var_dir / "mail").iterdir())


def test_the_codes_of_these_tests_are_those_of_the_standard() -> None:
    """Appendix B of RFC 6238, the last six digits."""
    secret = base64.b32encode(b"12345678901234567890").decode()
    for at_s, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert totp(secret, at_s) == code


def test_on_then_asked_then_off(server: LiveServer, ada: Person) -> None:
    laptop, phone = signed_in(server, ada), signed_in(server, ada)
    assert f'href="{PAGES}"' in laptop.get("/settings/").text
    secret = turn_on(laptop)
    assert laptop.is_signed_in()
    assert not phone.is_signed_in()
    assert "Authenticator app" in laptop.get("/settings/").text
    assert "Two-factor sign-in is on at emochat" in mails(server)

    asked = phone.give_password(ada, next="/settings/")
    assert asked.headers["Location"].startswith(AUTHENTICATE)
    assert not phone.is_signed_in()
    code = code_of(secret)
    refused = phone.post(AUTHENTICATE, code=wrong(code))
    assert "Incorrect code" in refused.text
    assert not phone.is_signed_in()
    let_in = phone.post(AUTHENTICATE, code=f"{code[:3]} {code[3:]}")
    assert let_in.headers["Location"] == "/settings/"
    assert phone.is_signed_in()

    over_the_shoulder = Browser(server)
    over_the_shoulder.give_password(ada)
    assert "Incorrect code" in over_the_shoulder.post(AUTHENTICATE, code=code).text

    assert "reauthenticate" in phone.get(DEACTIVATE).headers["Location"]
    instead_of_app = recovery_codes(laptop)[0]
    phone.post(f"{PAGES}reauthenticate/", code=instead_of_app)
    assert phone.post(DEACTIVATE).headers["Location"] == PAGES
    assert rows_of(server, ada) == 0
    assert not laptop.is_signed_in()
    assert "Two-factor sign-in is off at emochat" in mails(server)
    assert laptop.give_password(ada).headers["Location"] == "/"
    assert laptop.is_signed_in()


def test_a_recovery_code_works_once(server: LiveServer, ada: Person) -> None:
    browser = signed_in(server, ada)
    turn_on(browser)
    codes = recovery_codes(browser)
    assert len(set(codes)) == 10
    file = browser.get(f"{CODES}download/")
    assert file.headers["Content-Type"].startswith("text/plain")
    assert "attachment" in file.headers["Content-Disposition"]
    assert re.findall(r"^\d{8}$", file.text, re.M) == codes

    without_phone = Browser(server)
    without_phone.give_password(ada)
    assert without_phone.post(AUTHENTICATE, code=codes[3]).status_code == 302
    assert without_phone.is_signed_in()
    without_phone.confirm(ada)
    assert recovery_codes(without_phone) == codes[:3] + codes[4:]
    again = Browser(server)
    again.give_password(ada)
    assert "Incorrect code" in again.post(AUTHENTICATE, code=codes[3]).text

    made = without_phone.post(f"{CODES}generate/")
    assert made.headers["Location"] == CODES
    assert not set(recovery_codes(without_phone)) & set(codes)
    assert "New recovery codes at emochat" in mails(server)


def test_who_guesses_is_locked_out_for_a_while(server: LiveServer, ada: Person) -> None:
    secret = turn_on(signed_in(server, ada))
    thief = Browser(server)
    thief.give_password(ada)
    for _ in range(5):
        assert "Incorrect code" in thief.post(AUTHENTICATE, code="000000").text
    locked = thief.post(AUTHENTICATE, code=code_of(secret))
    assert "Too many failed" in locked.text
    assert not thief.is_signed_in()


def test_half_signed_in_is_not_signed_in(server: LiveServer, ada: Person) -> None:
    turn_on(signed_in(server, ada))
    browser = Browser(server)
    browser.give_password(ada)
    assert browser.get("/api/v1/me/").status_code in (401, 403)
    for path in (PAGES, ACTIVATE, DEACTIVATE, CODES):
        assert "/accounts/login/" in browser.get(path).headers["Location"], path
    assert browser.get(f"{CODES}download/").status_code in (302, 404)
    token = browser.http.cookies["csrftoken"]
    form = {"csrfmiddlewaretoken": token, "credential": "{}"}
    passkey = browser._ask("POST", AUTHENTICATE, form)
    assert passkey.status_code == 200
    assert not browser.is_signed_in()


def test_the_app_signs_in_with_the_code(server: LiveServer, ada: Person) -> None:
    secret = turn_on(signed_in(server, ada))
    door = Door(server)
    asked = door.sign_in(ada.email, ada.password)
    assert asked.status_code == 401
    pending = [f for f in asked.json()["data"]["flows"] if f.get("is_pending")]
    assert [flow["id"] for flow in pending] == ["mfa_authenticate"]
    assert sorted(pending[0]["types"]) == ["recovery_codes", "totp"]
    assert door.app().call("GET", "me/").status_code == 401
    code = code_of(secret)
    refused = door.call("POST", "2fa/authenticate", {"code": wrong(code)})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == "incorrect_code"
    let_in = door.call("POST", "2fa/authenticate", {"code": code})
    assert let_in.status_code == 200
    assert let_in.json()["meta"]["is_authenticated"] is True
    assert door.app().ok("GET", "me/")["email"] == ada.email
    exported = door.app().ok("GET", "export/")["authenticators"]
    assert [row["type"] for row in exported] == ["recovery_codes", "totp"]
    assert secret not in str(exported)


def test_staff_come_through_the_same_door(server: LiveServer, ada: Person) -> None:
    with server.database() as connection:
        connection.execute(
            "UPDATE chat_user SET is_staff = true, is_superuser = true WHERE id = %s",
            [ada.id],
        )
    root = signed_in(server, ada)
    lists = "/admin/chat/user/?is_staff__exact=1&second_factor="
    her_row = f"/admin/chat/user/{ada.id}/change/"
    assert her_row in root.get(f"{lists}off").text
    secret = turn_on(root)
    assert her_row in root.get(f"{lists}on").text
    assert her_row not in root.get(f"{lists}off").text
    browser = Browser(server)
    sent = browser.get("/admin/").headers["Location"]
    assert sent == "/admin/login/?next=/admin/"
    to_login = browser.get(sent).headers["Location"]
    asked = browser.post(to_login, login=ada.email, password=ada.password)
    assert asked.headers["Location"].startswith(AUTHENTICATE)
    assert browser.get("/admin/").status_code == 302
    let_in = browser.post(AUTHENTICATE, code=code_of(secret))
    assert let_in.headers["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200
    assert browser.get("/admin/mfa/authenticator/").status_code == 404


def test_its_pages_are_like_the_others(server: LiveServer, ada: Person) -> None:
    browser = signed_in(server, ada)
    shown = [browser.get(PAGES), browser.get(ACTIVATE)]
    (picture,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', shown[1].text)
    assert b"<svg" in base64.b64decode(picture)
    assert "issuer=emochat" in shown[1].text
    turn_on(browser)
    paths = (PAGES, DEACTIVATE, CODES, f"{CODES}generate/", f"{PAGES}reauthenticate/")
    shown += [browser.get(path) for path in paths]
    half = Browser(server)
    half.give_password(ada)
    shown.append(half.get(AUTHENTICATE))
    for answer in shown:
        assert answer.status_code == 200, answer.url
        page = Page(answer.text)
        assert [f for f in page.faults if "otpauth://" not in f] == [], answer.url
        assert page.headings == 1
        assert " · emochat</title>" in answer.text
        assert "no-store" in answer.headers["Cache-Control"], answer.url
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        for field in page.inputs:
            assert field["id"] in page.labelled
            assert "placeholder" not in field
            assert field["autocomplete"] == "one-time-code"


def delete_account(server: LiveServer, door: Door) -> None:
    gone = door.app().call("DELETE", "me/")
    assert gone.status_code in (200, 202), gone.text
    with server.database() as connection:
        left = connection.execute(
            "SELECT count(*) FROM chat_deletion WHERE counts = '{}'"
        )
        assert left.fetchone() == (0,)


def test_the_account_goes_with_all_of_it(server: LiveServer, ada: Person) -> None:
    secret = turn_on(signed_in(server, ada))
    assert rows_of(server, ada) == 2
    door = Door(server)
    door.sign_in(ada.email, ada.password)
    door.call("POST", "2fa/authenticate", {"code": code_of(secret)})
    delete_account(server, door)
    assert rows_of(server, ada) == 0


def test_who_lost_everything_is_let_in_by_the_operator(
    server: LiveServer, ada: Person
) -> None:
    turn_on(signed_in(server, ada))
    done = server.manage("forget_second_factor", ada.email.upper())
    assert "signs in without a code" in done.stdout, done.stderr
    signed_in(server, ada)
    again = server.manage("forget_second_factor", ada.email)
    assert "needed no code" in again.stdout
    assert server.manage("forget_second_factor", "x@example.org").returncode != 0


def test_turned_off_by_the_operator_and_on_again(of_its_own: LiveServer) -> None:
    server = of_its_own
    ada, grace = server.people(2)
    secret = turn_on(signed_in(server, ada))
    turn_on(signed_in(server, grace))
    assert server.manage("makemigrations", "--check").returncode == 0

    server.env["EMOCHAT_MFA"] = "false"
    server.restart()
    assert server.manage("makemigrations", "--check").returncode == 0
    browser = signed_in(server, ada)
    assert PAGES not in browser.get("/settings/").text
    assert browser.get(PAGES).status_code == 404
    assert rows_of(server, grace) == 2
    door = Door(server)
    assert door.sign_in(grace.email, grace.password).status_code == 200
    delete_account(server, door)
    assert rows_of(server, grace) == 0

    server.env["EMOCHAT_MFA"] = "true"
    server.restart()
    asked = browser.post("/accounts/logout/") and browser.give_password(ada)
    assert asked.headers["Location"].startswith(AUTHENTICATE)
    assert browser.post(AUTHENTICATE, code=code_of(secret)).status_code == 302
    assert browser.is_signed_in()
    dropped = server.manage("migrate", "mfa", "zero")
    assert dropped.returncode == 0, dropped.stderr


ROUTES = """
import json, django
django.setup()
from tests.api.matrix import walk
print(json.dumps(sorted({route for route, _ in walk()})))
"""


def routes(server: LiveServer, is_on: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", ROUTES],
        cwd=ROOT,
        env=server.env
        | {"EMOCHAT_MFA": is_on, "DJANGO_SETTINGS_MODULE": "emochat.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout))


def test_the_only_new_addresses_are_its_own(server: LiveServer) -> None:
    without, offered = routes(server, "false"), routes(server, "true")
    assert without < offered
    for route in offered - without:
        assert route.startswith(("accounts/2fa/", "_allauth/app/v1/")), route
        assert "webauthn" not in route
    assert not any("2fa" in route for route in without)
