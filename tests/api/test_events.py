"""The event stream of a real server: whole, however often it is cut; closed at sign-out."""

from __future__ import annotations

import asyncio
import socket
import time
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.api.app import App, assert_problem
from tests.api.sse import Listener, Shown, listening
from tests.chat.scripted import HALF_TEXT, WHOLE_TEXT

if TYPE_CHECKING:
    from tests.chat.scripted import HeldServer

AT_ONCE_S = 5  # it takes milliseconds; the machine may be busy


async def send(app: App, where: str) -> str:
    """Send a message; return its reply."""
    sent = await asyncio.to_thread(app.send, where)
    assert sent.status_code == 201, sent.text
    return sent.json()["replies"][0]["id"]


async def until(listener: Listener, kind: str) -> list[str]:
    kinds = []
    async for frame in listener:
        kinds.append(frame["type"])
        if frame["type"] == kind:
            return kinds
    raise AssertionError(f"it ended after {kinds}")


async def test_it_says_what_the_socket_says(app: App) -> None:
    where = app.new_conversation()
    async with listening(app.server, where, app.token) as listener:
        assert listener.status == 200
        assert listener.headers["content-type"].startswith("text/event-stream")
        assert listener.headers["cache-control"] == "no-store"
        await until(listener, "snapshot")
        reply = await send(app, where)
        kinds = await until(listener, "reply.finished")
    assert kinds[0] == "message.created"
    assert kinds.index("message.classified") < kinds.index("reply.started")
    assert "reply.delta" in kinds
    seqs = [frame["seq"] for frame in listener.frames if "seq" in frame]
    assert seqs == [0, 1, 2, 3, 4]
    shown = Shown()
    for frame in listener.frames:
        shown.apply(frame, reply)
    assert (shown.text, shown.is_done) == (WHOLE_TEXT, True)


async def test_cut_at_every_event_the_text_is_the_same(app: App) -> None:
    """Each event is the last of one connection; the next one goes on from there."""
    where = app.new_conversation()
    async with listening(app.server, where, app.token) as whole:
        await until(whole, "snapshot")
        await send(app, where)
        n_events = len(await until(whole, "reply.finished"))
    for n_heard in range(1, n_events + 2):
        where = app.new_conversation()
        reply, shown, last_id, n_cuts = "", Shown(), "", 0
        while not shown.is_done:
            async with listening(app.server, where, app.token, last_id) as listener:
                n_frames = 0
                async for frame in listener:
                    shown.apply(frame, reply)
                    n_frames += 1
                    if shown.is_done or (reply and n_frames == n_heard):
                        break
                    if not reply:
                        reply = await send(app, where)
                last_id = listener.last_id
            n_cuts += 1
            assert n_cuts < 100
        assert (n_heard, shown.text) == (n_heard, WHOLE_TEXT)


async def test_a_newcomer_sees_the_text_so_far(app: App, scripted: HeldServer) -> None:
    where = app.new_conversation()
    with scripted.stalled():
        async with listening(app.server, where, app.token) as first:
            await until(first, "snapshot")
            reply = await send(app, where)
            shown = Shown()
            async for frame in first:
                shown.apply(frame, reply)
                if shown.text == HALF_TEXT:
                    break
            async with listening(app.server, where, app.token) as second:
                await until(second, "snapshot")
                assert second.frames[0]["live"]["text"] == HALF_TEXT
                scripted.go_on()
                await until(second, "reply.finished")


@pytest.mark.parametrize("last_id", ["-1", "x", "9" * 40, "1e3", "999999999"])
async def test_an_odd_last_id_gets_all(app: App, last_id: str) -> None:
    where = app.new_conversation()
    app.said(where)
    async with listening(app.server, where, app.token, last_id) as listener:
        await until(listener, "snapshot")
        assert listener.frames[0]["reset"] is True


async def test_a_lost_event_is_healed(app: App) -> None:
    """Somebody else's process wrote it, and no hint came: Postgres is looked at."""
    where = app.new_conversation()
    async with listening(app.server, where, app.token) as listener:
        await until(listener, "snapshot")
        with app.server.database() as connection:
            connection.execute(
                "UPDATE chat_conversation SET last_seq = last_seq + 1 WHERE id = %s",
                [where],
            )
        await send(app, where)
        kinds = await until(listener, "reply.finished")
    assert "snapshot" in kinds


async def test_who_may_not_is_told_so(app: App, other: App) -> None:
    where = app.new_conversation()
    nobody, expired = "", "n" * 32
    for conversation, token, status, code in [
        (where, nobody, 401, "unauthenticated"),
        (where, expired, 401, "unauthenticated"),
        (where, other.token, 404, "not_found"),
        (str(uuid.uuid4()), app.token, 404, "not_found"),
    ]:
        async with listening(app.server, conversation, token) as listener:
            assert listener.status == status
            assert listener.headers["content-type"] == "application/problem+json"
            assert (await listener.body())["code"] == code


async def test_a_wrong_token_is_not_made_good_by_a_cookie(app: App) -> None:
    where = app.new_conversation()
    cookie = f"sessionid={app.token}"
    async with listening(app.server, where, "n" * 32, Cookie=cookie) as listener:
        assert listener.status == 401
    async with listening(app.server, where, "", Cookie=cookie) as listener:
        assert listener.status == 200


async def test_it_ends_with_the_conversation(app: App) -> None:
    where = app.new_conversation()
    async with listening(app.server, where, app.token) as listener:
        await until(listener, "snapshot")
        await asyncio.to_thread(app.ok, "DELETE", f"conversations/{where}/", None, 204)
        kinds = [frame["type"] async for frame in listener]
    assert kinds == ["conversation.deleted"]


async def test_signing_out_ends_it(app: App, other: App) -> None:
    where, theirs = app.new_conversation(), other.new_conversation()
    async with (
        listening(app.server, where, app.token) as mine,
        listening(app.server, theirs, other.token) as somebody_elses,
    ):
        await until(mine, "snapshot")
        await until(somebody_elses, "snapshot")
        out = await asyncio.to_thread(sign_out, app)
        started = time.monotonic()
        assert out == 401
        assert [frame async for frame in mine] == []
        assert time.monotonic() - started < AT_ONCE_S
        await send(other, theirs)
        await until(somebody_elses, "reply.finished")
    assert_problem(app.call("GET", "me/"), 401, "unauthenticated")
    async with listening(app.server, where, app.token) as again:
        assert again.status == 401


def sign_out(app: App) -> int:
    url = f"{app.server.url}/_allauth/app/v1/auth/session"
    headers = {"X-Session-Token": app.token}
    return app.http.delete(url, headers=headers, timeout=30).status_code


async def test_other_methods_are_refused_as_everywhere(app: App) -> None:
    where = app.new_conversation()
    got = app.call("POST", f"conversations/{where}/events/", {})
    assert_problem(got, 405, "bad_request")


def lengthen(app: App, where: str) -> None:
    """Make all turns of the conversation new again: some 600 kB to tell."""
    with app.server.database() as connection:
        connection.execute(
            "UPDATE chat_message SET rev = last_seq + 50 FROM chat_conversation c"
            " WHERE conversation_id = c.id AND c.id = %s",
            [where],
        )
        connection.execute(
            "UPDATE chat_conversation SET last_seq = last_seq + 50 WHERE id = %s",
            [where],
        )


def fill(app: App, where: str) -> None:
    with app.server.database() as connection:
        connection.execute(
            "INSERT INTO chat_message (id, user_id, conversation_id, seq, rev, text,"
            " classifiers, created_at) SELECT gen_random_uuid(), user_id, id, 100 + n,"
            " 100 + n, repeat('\U0001f600', 4000), classifiers, now()"
            " FROM chat_conversation, generate_series(1, 40) n WHERE id = %s",
            [where],
        )


def test_who_does_not_read_is_dropped(app: App) -> None:
    server, where = app.server, app.new_conversation()
    fill(app, where)
    start = server.log.stat().st_size
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", server.port))
        path = f"/api/v1/conversations/{where}/events/"
        lines = [f"GET {path} HTTP/1.1", "Host: x", f"X-Session-Token: {app.token}"]
        deaf.sendall("\r\n".join([*lines, "", ""]).encode())
        for n in range(60):  # 36 MB of events, none of which is read
            lengthen(app, where)
            app.ok("PATCH", f"conversations/{where}/", {"title": f"title {n}"})
            if b"does not read" in server.log.read_bytes()[start:]:
                return
    raise AssertionError("it was not dropped")
