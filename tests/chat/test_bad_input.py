"""The same table of texts and fields through two doors of a real server."""

from __future__ import annotations

import html
import re
import uuid
from typing import TYPE_CHECKING, Any

import requests

from chat.errors import BadRequest, ChatError, Empty, TooLong, UnknownClassifier
from tests.chat.texts import JSON_ONLY, STRINGS, TEXTS
from tests.wire import Client, open_socket

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.server import LiveServer, Person

ERRORS: dict[str, type[ChatError]] = {
    error.code: error for error in (BadRequest, Empty, TooLong, UnknownClassifier)
}


def stored_texts(server: LiveServer, person: Person) -> list[str]:
    query = "SELECT text FROM chat_message WHERE user_id = %s ORDER BY key"
    with server.database() as connection:
        return [row[0] for row in connection.execute(query, [person.id])]


async def answer(client: Client, **fields: Any) -> dict[str, Any]:
    frame = {"type": "message.send", "id": str(uuid.uuid4()), "text": "I am sad."}
    return await client.answer(**frame | fields)


async def test_texts_over_the_socket(
    live_server_process: LiveServer, new_person: People
) -> None:
    person = new_person()
    expected = []
    async with open_socket(live_server_process, person) as client:
        for case in TEXTS:
            got = await answer(client, text=case.text)
            if case.code:
                assert (case.name, got["type"], got["code"]) == (
                    case.name,
                    "error",
                    case.code,
                )
                assert got["message"]
                assert got["retryable"] is False
            else:
                assert (case.name, got["type"]) == (case.name, "ack")
                expected.append(case.stored or case.text.strip())
        assert (await client.answer(type="ping"))["type"] == "pong"
    assert stored_texts(live_server_process, person) == expected


async def test_fields_over_the_socket(
    live_server_process: LiveServer, new_person: People
) -> None:
    person = new_person()
    for start in range(0, len(STRINGS + JSON_ONLY), 8):  # ten bad frames would close it
        async with open_socket(live_server_process, person) as client:
            for bad in (STRINGS + JSON_ONLY)[start : start + 8]:
                got = await answer(client, **bad.fields)
                assert (bad.name, got.get("code")) == (bad.name, bad.code)
    assert stored_texts(live_server_process, person) == []


class Form:
    """The page's form, as a browser without scripts posts it."""

    def __init__(self, server: LiveServer, person: Person) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.cookies.set("sessionid", person.session_key)
        page = self.session.get(server.url + "/", timeout=30).text
        field = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert field
        self.token = field[1]

    def post(self, path: str = "/send/", **fields: Any) -> requests.Response:
        data = {"id": str(uuid.uuid4()), "text": "I am sad."} | fields
        return self.session.post(
            self.server.url + path,
            data=data | {"csrfmiddlewaretoken": self.token},
            allow_redirects=False,
            timeout=60,
        )


def assert_refused(name: str, response: requests.Response, code: str) -> None:
    error = ERRORS[code]
    assert (name, response.status_code) == (name, error.status)
    if code != "bad_request":
        assert html.escape(error.message) in response.text, name


def test_texts_over_the_form(
    live_server_process: LiveServer, new_person: People
) -> None:
    person = new_person()
    form = Form(live_server_process, person)
    expected = []
    for case in TEXTS:
        got = form.post(text=case.text)
        if case.code:
            assert_refused(case.name, got, case.code)
        else:
            assert (case.name, got.status_code) == (case.name, 302)
            assert got.headers["Location"].startswith("/c/")
            expected.append(case.stored or case.text.strip())
    assert stored_texts(live_server_process, person) == expected


def test_fields_over_the_form(
    live_server_process: LiveServer, new_person: People
) -> None:
    person = new_person()
    form = Form(live_server_process, person)
    for bad in STRINGS:
        assert_refused(bad.name, form.post(**bad.fields), bad.code)
    assert stored_texts(live_server_process, person) == []


def test_what_was_written_stays_in_the_box(
    live_server_process: LiveServer, new_person: People
) -> None:
    form = Form(live_server_process, new_person())
    got = form.post(text="<b>dear</b> " + "x" * 4_001)
    assert got.status_code == 400
    assert "&lt;b&gt;dear&lt;/b&gt; xxx" in got.text
    assert "<b>dear" not in got.text


def test_a_line_break_is_one_character(
    live_server_process: LiveServer, new_person: People
) -> None:
    person = new_person()
    form = Form(live_server_process, person)
    text = "a\n" * 1_999 + "ab"  # a form sends each break as two characters
    assert form.post(text=text.replace("\n", "\r\n")).status_code == 302
    assert stored_texts(live_server_process, person) == [text]


def test_the_form_needs_its_token_and_a_session(
    live_server_process: LiveServer, new_person: People
) -> None:
    person = new_person()
    form = Form(live_server_process, person)
    form.token = "x" * 64
    assert form.post().status_code == 403
    form = Form(live_server_process, person)
    form.session.cookies.set("sessionid", "n" * 32)
    got = form.post()
    assert got.status_code == 302
    assert got.headers["Location"].startswith("/accounts/login/")
    assert stored_texts(live_server_process, person) == []


def test_the_form_sends_into_ones_own_conversation_only(
    live_server_process: LiveServer, new_person: People
) -> None:
    alice, charlie = new_person(), new_person()
    sent = Form(live_server_process, alice).post()
    path = sent.headers["Location"].split("#")[0]
    form = Form(live_server_process, charlie)
    theirs, unknown = form.post(path + "send/"), form.post(f"/c/{uuid.uuid4()}/send/")
    assert theirs.status_code == unknown.status_code == 404
    assert stored_texts(live_server_process, charlie) == []
    assert len(stored_texts(live_server_process, alice)) == 1
