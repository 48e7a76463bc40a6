"""Signing in as an app does: a token, a list of one's sessions, the ends of them."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import TYPE_CHECKING, Any

import requests
from websockets.asyncio.client import connect

from tests.api.app import App, assert_problem
from tests.api.sse import listening
from tests.wire import Client

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.chat.scripted import HeldServer
    from tests.server import LiveServer

AT_ONCE_S = 5  # it takes milliseconds; the machine may be busy
PASSWORD = "a quite long passphrase"


class Door:
    """allauth's headless interface, as one app sees it."""

    def __init__(self, server: LiveServer, token: str = "") -> None:
        self.server = server
        self.token = token

    def call(self, method: str, path: str, body: object = None) -> requests.Response:
        headers = {"X-Session-Token": self.token} if self.token else {}
        url = f"{self.server.url}/_allauth/app/v1/auth/{path}"
        got = requests.request(method, url, json=body, headers=headers, timeout=60)
        self.token = got.json().get("meta", {}).get("session_token", self.token)
        return got

    def sign_in(self, email: str, password: str) -> requests.Response:
        return self.call("POST", "login", {"email": email, "password": password})

    def app(self) -> App:
        return App(self.server, self.token)


def test_signing_up_writing_signing_out(scripted: HeldServer) -> None:
    door, email = Door(scripted.server), f"{uuid.uuid4().hex[:12]}@example.org"
    made = door.call("POST", "signup", {"email": email, "password": PASSWORD})
    assert made.status_code == 200, made.text
    app = door.app()
    assert app.ok("GET", "me/")["email"] == email
    turn = app.said(app.new_conversation())
    assert turn["replies"][0]["text"]
    assert door.call("DELETE", "session").status_code == 401
    assert_problem(app.call("GET", "me/"), 401, "unauthenticated")
    assert Door(scripted.server).sign_in(email, "wrong").status_code == 400
    assert Door(scripted.server).sign_in(email, PASSWORD).status_code == 200


def test_a_wrong_token_is_refused_in_words(app: App) -> None:
    for token in ("n" * 32, "x", "k\x01", "\xff", "a b"):
        wrong = App(app.server, token)
        got = wrong.call("GET", "me/")
        assert_problem(got, 401, "unauthenticated")
        assert got.headers["WWW-Authenticate"] == "X-Session-Token"


def test_with_a_token_the_cookie_is_ignored(app: App, other: App) -> None:
    """Also where the token is wrong: nobody becomes somebody else by mistake."""
    hers = app.ok("GET", "me/")["email"]
    app.http.cookies.set("sessionid", other.token)
    assert app.ok("GET", "me/")["email"] == hers
    app.token = "n" * 32
    assert_problem(app.call("GET", "me/"), 401, "unauthenticated")
    app.token = ""
    assert app.ok("GET", "me/")["email"] != hers


def test_a_cookie_needs_the_csrf_token_a_token_does_not(app: App) -> None:
    browser = App(app.server, "")
    browser.http.cookies.set("sessionid", app.token)
    assert browser.call("GET", "conversations/").status_code == 200
    assert_problem(browser.call("POST", "conversations/", {}), 403, "unauthenticated")
    assert app.call("POST", "conversations/", {}).status_code == 201


def test_an_expired_session_is_refused(app: App) -> None:
    assert app.call("GET", "me/").status_code == 200
    with app.server.database() as connection:
        connection.execute(
            "UPDATE django_session SET expire_date = now() - interval '1 minute'"
            " WHERE session_key = %s",
            [app.token],
        )
    assert_problem(app.call("GET", "me/"), 401, "unauthenticated")


async def closed_within(socket: Any, seconds: float) -> int | None:
    await asyncio.wait_for(socket.wait_closed(), seconds)
    return socket.close_code


async def test_revoking_a_session_closes_its_socket_and_stream(
    scripted: HeldServer, people: People
) -> None:
    server, person = scripted.server, people()
    phone, laptop = Door(server), Door(server)
    for door in (phone, laptop):
        got = await asyncio.to_thread(door.sign_in, person.email, person.password)
        assert got.status_code == 200
    where = await asyncio.to_thread(phone.app().new_conversation)
    listed = (await asyncio.to_thread(laptop.call, "GET", "sessions")).json()["data"]
    assert [row["is_current"] for row in listed].count(True) == 1
    (theirs,) = [row["id"] for row in listed if not row["is_current"]]

    header = {"X-Session-Token": phone.token, "Cookie": "sessionid=" + "n" * 32}
    async with (
        connect(server.ws_url, additional_headers=header) as socket,
        listening(server, where, phone.token) as phones,
        listening(server, where, laptop.token) as laptops,
    ):
        client = Client(socket)
        await client.wait(lambda frame: frame["type"] == "ready")
        assert (await client.say("Hello"))["type"] == "ack"
        for listener in (phones, laptops):
            async for frame in listener:
                assert frame["type"] == "snapshot"
                break
        started = time.monotonic()
        revoked = await asyncio.to_thread(
            laptop.call, "DELETE", "sessions", {"sessions": [theirs]}
        )
        assert revoked.status_code == 200, revoked.text
        assert await closed_within(socket, AT_ONCE_S) == 4401
        assert [frame async for frame in phones] == []
        assert time.monotonic() - started < AT_ONCE_S
        await asyncio.to_thread(laptop.app().send, where)
        async for frame in laptops:  # goes on
            if frame["type"] == "reply.finished":
                break
        client._reader.cancel()
    got = await asyncio.to_thread(phone.app().call, "GET", "me/")
    assert_problem(got, 401, "unauthenticated")


def test_nobody_elses_session_can_be_revoked(
    scripted: HeldServer, people: People
) -> None:
    alice, charlie = Door(scripted.server), Door(scripted.server)
    for door in (alice, charlie):
        person = people()
        assert door.sign_in(person.email, person.password).status_code == 200
    (hers,) = alice.call("GET", "sessions").json()["data"]
    got = charlie.call("DELETE", "sessions", {"sessions": [hers["id"]]})
    assert got.status_code == 400
    assert alice.app().call("GET", "me/").status_code == 200
