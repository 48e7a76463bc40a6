"""A socket lives as long as the session behind it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
import requests
from django.contrib.sessions.models import Session

from chat import consumers
from chat.perform import in_database
from chat.services.people import set_active
from tests.chat.in_process import Socket
from tests.server import Person
from tests.wire import open_socket

if TYPE_CHECKING:
    from tests.chat.cast import Somebody
    from tests.chat.conftest import People
    from tests.server import LiveServer

CLOSE_SIGNED_OUT = 4401
AT_ONCE_S = 5  # it takes milliseconds; the machine may be busy


class Browser:
    """Somebody's browser, for the pages of a real server."""

    def __init__(self, server: LiveServer, session_key: str) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.cookies.set("sessionid", session_key)

    def submit(self, path: str, **fields: str) -> requests.Response:
        page = self.session.get(self.server.url + path, timeout=30)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.status_code
        return self.session.post(
            page.url,
            data=fields | {"csrfmiddlewaretoken": token[1]},
            allow_redirects=False,
            timeout=30,
        )


async def test_signing_out_closes_every_tab(
    live_server_process: LiveServer, new_person: People
) -> None:
    import asyncio

    server, person, other = live_server_process, new_person(), new_person()
    async with (
        open_socket(server, person) as one,
        open_socket(server, person) as two,
        open_socket(server, other) as somebody_else,
    ):
        for client in (one, two, somebody_else):
            await client.wait(lambda frame: frame["type"] == "ready")
        browser = Browser(server, person.session_key)
        out = await asyncio.to_thread(browser.submit, "/accounts/logout/")
        assert out.status_code == 302
        assert await one.closed(AT_ONCE_S) == CLOSE_SIGNED_OUT
        assert await two.closed(AT_ONCE_S) == CLOSE_SIGNED_OUT
        assert (await somebody_else.answer(type="ping"))["type"] == "pong"
    async with open_socket(server, person) as again:
        assert await again.closed() == CLOSE_SIGNED_OUT
        assert again.frames == []


async def test_a_new_password_closes_the_sockets_of_all_devices(
    live_server_process: LiveServer, new_person: People
) -> None:
    import asyncio

    server, person = live_server_process, new_person()
    phone = Browser(server, "")
    phone.session.cookies.clear()
    signed_in = await asyncio.to_thread(
        phone.submit, "/accounts/login/", login=person.email, password=person.password
    )
    assert signed_in.status_code == 302
    key = phone.session.cookies["sessionid"]
    there = Person(person.id, person.email, person.password, key)
    async with open_socket(server, person) as here, open_socket(server, there) as far:
        for client in (here, far):
            await client.wait(lambda frame: frame["type"] == "ready")
        changed = await asyncio.to_thread(
            phone.submit,
            "/accounts/password/change/",
            oldpassword=person.password,
            password1="A quite new passphrase",
            password2="A quite new passphrase",
        )
        assert changed.status_code == 302
        assert await here.closed(AT_ONCE_S) == CLOSE_SIGNED_OUT
        assert await far.closed(AT_ONCE_S) == CLOSE_SIGNED_OUT
    async with open_socket(server, person) as again:  # its session is over
        assert await again.closed() == CLOSE_SIGNED_OUT


@pytest.mark.parametrize("key", ["n" * 32, "short", '"k\\000' + "k" * 30 + '"'])
async def test_an_unknown_session_is_told_so(
    live_server_process: LiveServer, key: str
) -> None:
    nobody = Person(0, "", "", key)
    async with open_socket(live_server_process, nobody) as client:
        assert await client.closed() == CLOSE_SIGNED_OUT
        assert client.frames == []


async def test_an_expired_session_is_told_so(
    live_server_process: LiveServer, new_person: People
) -> None:
    server, person = live_server_process, new_person()
    with server.database() as connection:
        connection.execute(
            "UPDATE django_session SET expire_date = now() - interval '1 minute'"
            " WHERE session_key = %s",
            [person.session_key],
        )
    async with open_socket(server, person) as client:
        assert await client.closed() == CLOSE_SIGNED_OUT


async def test_a_session_that_ends_elsewhere_stores_nothing(
    live_server_process: LiveServer, new_person: People
) -> None:
    """The next command finds out, at the latest."""
    server, person = live_server_process, new_person()
    async with open_socket(server, person) as client:
        await client.wait(lambda frame: frame["type"] == "ready")
        with server.database() as connection:
            connection.execute(
                "DELETE FROM django_session WHERE session_key = %s",
                [person.session_key],
            )
        assert (await client.say("Am I still here?"))["code"] == "unauthenticated"
        assert await client.closed() == CLOSE_SIGNED_OUT


@pytest.mark.django_db(transaction=True)
async def test_locking_somebody_out_closes_their_sockets(
    alice: Somebody, charlie: Somebody
) -> None:
    hers, his = Socket(alice), Socket(charlie)
    await hers.connect()
    await his.connect()
    started = time.monotonic()
    await in_database(set_active, user=alice.user, is_active=False)
    assert await hers.closed() == CLOSE_SIGNED_OUT
    assert time.monotonic() - started < AT_ONCE_S
    await his.send(type="ping")
    await his.until("pong")
    await hers.disconnect()
    await his.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_a_lost_notice_is_made_up_for(
    alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_S", 0.2)
    socket = Socket(alice)
    await socket.connect()
    await in_database(lambda: Session.objects.all().delete())
    assert await socket.closed() == CLOSE_SIGNED_OUT
    await socket.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_nothing_is_sent_after_the_close(alice: Somebody) -> None:
    socket = Socket(alice)
    await socket.connect()
    accepted = await in_database(alice.sends)
    await socket.subscribe(accepted.conversation)
    await in_database(set_active, user=alice.user, is_active=False)
    await socket.closed()
    await socket.send(type="ping")
    assert await socket.wire.receive_nothing(0.3)
    await socket.disconnect()
