"""Who may do what, over every route and every frame that there is."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests

from chat.consumers import ChatConsumer
from chat.models import Conversation, Feedback, Message, Reply, User
from tests.api.matrix import FRAMES, ROWS, Row, routes
from tests.api.test_deleting import Canary, picture
from tests.server import Person
from tests.wire import open_socket

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.api.app import App
    from tests.chat.conftest import People
    from tests.chat.scripted import HeldServer
    from tests.server import LiveServer


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    there = routes()
    rows = {row.key for row in ROWS}
    pages = {route for method, route in there if method == "page"}
    assert {key for key in there if key[0] != "page"} <= rows
    assert pages <= {route for _, route in rows}
    assert {row.route for row in ROWS} <= {route for _, route in there}


def test_every_frame_has_a_row() -> None:
    assert set(FRAMES) == set(ChatConsumer.HANDLERS)


@dataclass
class Scene:
    """Alice with one of everything, and the others of the cast."""

    alice: Canary
    ids: dict[str, str]
    others: dict[str, str]
    is_refused: set[Any] = field(default_factory=set)

    @property
    def server(self) -> LiveServer:
        return self.alice.app.server

    def path(self, template: str) -> str:
        return template.format(**self.ids)

    def frame(self, fields: dict[str, Any]) -> dict[str, Any]:
        filled = json.dumps(fields)
        for name, value in self.ids.items():
            filled = filled.replace(f"{{{name}}}", value)
        return json.loads(filled)


def made(server: LiveServer) -> tuple[Canary, dict[str, str]]:
    alice = Canary(server)
    alice.confirm()
    app, word = alice.app, alice.word
    app.ok("PATCH", "me/", {"name": word})
    png = {"Content-Type": "image/png"}
    me = app.call("PUT", "me/picture/", data=picture(), headers=png).json()
    titled = {"title": word}
    where, spare, deleted = (
        app.ok("POST", "conversations/", titled, status=201)["id"] for _ in range(3)
    )
    app.ok("DELETE", f"conversations/{deleted}/", status=204)
    turn = app.said(where, f"I am sad, {word}.")
    leaver = Canary(server)
    leaver.confirm()
    ids = {
        "conversation": where,
        "spare": spare,
        "deleted": deleted,
        "message": turn["id"],
        "reply": turn["replies"][0]["id"],
        "receipt": leaver.app.ok("DELETE", "me/")["receipt"],
        "picture": me["avatar_url"],
    }
    return alice, ids


STAFF = {"staff": None, "reviewer": "reviewer", "support": "support"}


def promote(server: LiveServer, person: Person, group: str | None) -> None:
    with server.database() as connection:
        connection.execute(
            "UPDATE chat_user SET is_staff = true WHERE id = %s", [person.id]
        )
        if group:
            connection.execute(
                "INSERT INTO auth_group (name) VALUES (%s) ON CONFLICT DO NOTHING",
                [group],
            )
            connection.execute(
                "INSERT INTO chat_user_groups (user_id, group_id)"
                " SELECT %s, id FROM auth_group WHERE name = %s",
                [person.id, group],
            )


@pytest.fixture(scope="module")
def scene(scripted: HeldServer, people: People) -> Scene:
    others = {"charlie": people().session_key, "nobody": ""}
    for name, group in STAFF.items():
        person = people()
        promote(scripted.server, person, group)
        others[name] = person.session_key
    alice, ids = made(scripted.server)
    return Scene(alice, ids, others)


def ask(scene: Scene, row: Row, token: str) -> requests.Response:
    """As an app, or, for a page, as a browser with its CSRF token."""
    url = scene.server.url + scene.path(row.path)
    body = row.body() if callable(row.body) else row.body
    session = requests.Session()
    if row.is_page or (row.is_public and not row.route.startswith("api/")):
        session.cookies.set("sessionid", token)
        return browse(session, scene.server.url, url, row.method, body)
    headers = {"X-Session-Token": token} if token else {}
    options: dict[str, Any] = {"json": body}
    if isinstance(body, bytes):
        options = {"data": body}
        headers["Content-Type"] = "image/gif"
    with session.request(
        row.method, url, headers=headers, stream=True, timeout=60, **options
    ) as got:
        if not got.headers.get("Content-Type", "").startswith("text/event-stream"):
            got.content  # noqa: B018  is read now, before it closes
        return got


def browse(
    session: requests.Session, root: str, url: str, method: str, body: Any
) -> requests.Response:
    if method == "get":
        return session.get(url, allow_redirects=False, timeout=60)
    page = session.get(f"{root}/accounts/password/reset/", timeout=60)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token
    data = {"id": str(uuid.uuid4())} | body | {"csrfmiddlewaretoken": token[1]}
    return session.post(url, data=data, allow_redirects=False, timeout=60)


OF_ONE = [row for row in ROWS if row.of_one]
NAME: Callable[[Row], str] = lambda row: f"{row.method} {row.route}"  # noqa: E731


def all_of(scene: Scene) -> str:
    """All that Alice has, to see whether somebody changed it."""
    body = scene.alice.app.ok("GET", "export/")
    del body["exported_at"]
    return json.dumps(body, sort_keys=True)


@pytest.mark.parametrize("row", OF_ONE, ids=NAME)
def test_to_everybody_else_it_is_not_there(scene: Scene, row: Row) -> None:
    before = all_of(scene)
    unknown = Scene(scene.alice, dict.fromkeys(scene.ids, str(uuid.uuid4())), {})
    for name, token in scene.others.items():
        got = ask(scene, row, token)
        assert scene.alice.word not in got.text
        if name == "nobody":
            is_sent_away = (
                got.status_code == 302 and "/login/" in got.headers["Location"]
            )
            assert is_sent_away if row.is_page else got.status_code == 401, name
        else:
            assert (name, got.status_code) == (name, 404)
            same = ask(unknown, row, token)
            assert same.status_code == 404
            if not row.is_page:
                assert got.json() == same.json()
    assert all_of(scene) == before


@pytest.mark.parametrize(
    "row", [r for r in ROWS if not (r.of_one or r.is_public)], ids=NAME
)
def test_what_is_about_oneself_tells_nothing_of_others(scene: Scene, row: Row) -> None:
    got = ask(scene, row, "")
    assert got.status_code in ((302,) if row.is_page else (401,))
    if row.route != "api/v1/me/" or row.method != "delete":
        assert scene.alice.word not in ask(scene, row, scene.others["charlie"]).text


@pytest.mark.parametrize("row", [r for r in ROWS if r.is_public], ids=NAME)
def test_what_is_public_names_nobody(scene: Scene, row: Row) -> None:
    got = ask(scene, row, "")
    assert got.status_code == row.status
    assert scene.alice.word not in got.text


def test_the_owner_may_do_all_of_it(scripted: HeldServer) -> None:
    """In the order of the table, which ends with her leaving; pages before that."""
    alice, ids = made(scripted.server)
    theirs = Scene(alice, ids, {})
    last = [row for row in ROWS if row.key == ("delete", "api/v1/me/")]
    first = [row for row in ROWS if not row.is_public and row not in last]
    for row in first + last:
        got = ask(theirs, row, alice.app.token)
        assert (row.key, got.status_code) == (row.key, row.status), got.text[:300]


@pytest.mark.parametrize("kind", FRAMES)
async def test_frames_about_somebody_elses(scene: Scene, kind: str) -> None:
    fields, answer = FRAMES[kind]
    frame = scene.frame(fields)
    if kind == "message.send":
        frame["id"] = str(uuid.uuid4())
    for name, token in scene.others.items():
        if name == "nobody":
            continue
        person = Person(0, "", "", token)
        async with open_socket(scene.server, person) as client:
            await client.wait(lambda got: got["type"] == "ready")
            got = await client.answer(type=kind, **frame)
            if answer in ("pong", "explanation.cancelled"):
                assert scene.alice.word not in json.dumps(got)
            else:
                assert (name, got["type"], got["code"]) == (name, "error", "not_found")


async def test_frames_of_ones_own(scripted: HeldServer) -> None:
    import asyncio

    alice, ids = await asyncio.to_thread(made, scripted.server)
    theirs = Scene(alice, ids, {})
    person = Person(0, "", "", alice.app.token)
    async with open_socket(scripted.server, person) as client:
        for kind, (fields, answer) in FRAMES.items():
            frame = theirs.frame(fields)
            if kind == "message.send":
                frame["id"] = str(uuid.uuid4())
            got = await client.answer(type=kind, **frame)
            assert answer in (got["type"], got.get("code")), (kind, got)
            if kind == "message.send":
                await client.finished(got["reply"])


# --- Mass assignment ----------------------------------------------------------------------

ODD: dict[str, Any] = {
    "BooleanField": True,
    "DateTimeField": "2001-02-03T04:05:06Z",
    "JSONField": {"a": 1},
    "UUIDField": "00000000-0000-4000-8000-000000000000",
}


def every_field() -> dict[str, Any]:
    """A value for each field of each model, by both of its names."""
    fields = [
        f
        for m in (User, Conversation, Message, Reply, Feedback)
        for f in m._meta.fields
    ]
    return {
        name: ODD.get(f.get_internal_type(), 1)
        for f in fields
        for name in (f.name, f.attname)
    }


WRITES = [row for row in ROWS if isinstance(row.body, dict) and not row.is_page]
MAY_CHANGE = {
    "chat_user": {
        "display_name",
        "sends_full_at",
        "readings_full_at",
        "explains_full_at",
        "last_login",
    },
    "chat_conversation": {"title", "last_seq", "updated_at"},
    "chat_message": {"rev"},
    "chat_reply": set(),
}


def rows_of(app: App, ids: dict[str, str]) -> dict[str, Any]:
    """The rows of the scene, without the columns that a person may change."""
    queries = {
        "chat_user": ("email", app.ok("GET", "me/")["email"]),
        "chat_conversation": ("id", ids["conversation"]),
        "chat_message": ("id", ids["message"]),
        "chat_reply": ("id", ids["reply"]),
    }
    found = {}
    with app.server.database() as connection:
        for table, (column, value) in queries.items():
            row = connection.execute(
                f"SELECT to_jsonb(t) FROM {table} t WHERE {column} = %s", [value]
            ).fetchone()
            assert row
            found[table] = {
                name: cell
                for name, cell in row[0].items()
                if name not in MAY_CHANGE[table]
            }
    return found


@pytest.mark.parametrize("row", WRITES, ids=NAME)
def test_what_is_not_offered_cannot_be_set(scene: Scene, row: Row) -> None:
    app = scene.alice.app
    before = rows_of(app, scene.ids)
    body = every_field() | row.body
    # What a row offers under the name of a field of another model's.
    body = {k: v for k, v in body.items() if k in row.body or k not in OFFERED}
    method, path = row.method.upper(), scene.path(row.path).removeprefix("/api/v1/")
    got = app.call(method, path, body)
    assert got.status_code == row.status, got.text
    assert rows_of(app, scene.ids) == before


OFFERED = {"title", "classifiers", "label", "value", "note", "text", "name"}
