"""Who may open a socket at all: a raw handshake with a real server."""

from __future__ import annotations

import base64
import os
import socket
import time
from typing import TYPE_CHECKING

import pytest
from django.test import override_settings

from chat import handshake

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.server import LiveServer

SWITCHING = 101
REFUSED = (400, 403)


def open_raw(server: LiveServer, path: str, **headers: str | None) -> int:
    """Shake hands; return the status of the answer."""
    fields = {
        "Host": f"127.0.0.1:{server.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    request = "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""])
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall(request.encode())
        return int(raw.recv(64).split()[1])


FOREIGN = [
    None,
    "null",
    "",
    "http://evil.example",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "https://127.0.0.1:{port}",
    "http://localhost:{port}",
    "http://a.127.0.0.1:{port}",
    "http://127.0.0.1.evil.example:{port}",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}.evil.example",
    "http://user@127.0.0.1:{port}",
    "file://",
]


@pytest.mark.parametrize("origin", ["http://127.0.0.1:{port}", *FOREIGN])
def test_with_a_cookie_only_our_own_page_may(
    live_server_process: LiveServer, new_person: People, origin: str | None
) -> None:
    server = live_server_process
    cookie = f"sessionid={new_person.same().session_key}"
    named = None if origin is None else origin.format(port=server.port)
    got = open_raw(server, "/ws/chat/", Origin=named, Cookie=cookie)
    assert got == SWITCHING if origin not in FOREIGN else got in REFUSED


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "", "[::1"])
def test_another_hosts_name_does_not_help(
    live_server_process: LiveServer, host: str
) -> None:
    """DNS rebinding: the evil page's own name leads here."""
    origin = f"http://{host}"
    got = open_raw(live_server_process, "/ws/chat/", Host=host, Origin=origin)
    assert got in REFUSED


@pytest.mark.parametrize("origin", [None, "http://evil.example"])
def test_an_app_with_a_token_needs_no_origin(
    live_server_process: LiveServer, new_person: People, origin: str | None
) -> None:
    token = new_person.same().session_key
    got = open_raw(
        live_server_process, "/ws/chat/", Origin=origin, X_Session_Token=token
    )
    assert got == SWITCHING


@pytest.mark.parametrize("path", ["/ws/", "/ws/chat", "/", "/ws/chat/../x", "/%00"])
def test_another_path_is_refused_quietly(
    live_server_process: LiveServer, path: str
) -> None:
    log = live_server_process.log
    start = log.stat().st_size
    assert open_raw(live_server_process, path) in REFUSED
    time.sleep(0.2)
    assert "Traceback" not in log.read_bytes()[start:].decode()


def scope(scheme: str = "ws", **headers: str) -> dict[str, object]:
    named = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    return {
        "scheme": scheme,
        "headers": [(n.encode(), v.encode()) for n, v in named.items()],
    }


@override_settings(ALLOWED_HOSTS=["chat.example", ".many.example"])
def test_the_scheme_counts() -> None:
    host = "chat.example"
    assert handshake.is_allowed(scope("wss", Host=host, Origin=f"https://{host}"))
    assert not handshake.is_allowed(scope("wss", Host=host, Origin=f"http://{host}"))
    assert not handshake.is_allowed(scope("ws", Host=host, Origin=f"https://{host}"))
    sub = "a.many.example"
    assert handshake.is_allowed(scope("wss", Host=sub, Origin=f"https://{sub}"))
    other = "https://b.many.example"
    assert not handshake.is_allowed(scope("wss", Host=sub, Origin=other))


@override_settings(ALLOWED_HOSTS=["chat.example"], ALLAUTH_TRUSTED_PROXY_COUNT=1)
def test_behind_a_proxy_its_header_tells_the_scheme() -> None:
    ours = {"Host": "chat.example", "Origin": "https://chat.example"}
    assert handshake.is_allowed(scope(**ours, X_Forwarded_Proto="https"))
    assert not handshake.is_allowed(scope(**ours, X_Forwarded_Proto="http"))
    assert not handshake.is_allowed(scope(**ours))


@override_settings(ALLOWED_HOSTS=["chat.example"])
def test_without_a_proxy_that_header_is_ignored() -> None:
    ours = {"Host": "chat.example", "Origin": "https://chat.example"}
    assert not handshake.is_allowed(scope(**ours, X_Forwarded_Proto="https"))


@override_settings(
    ALLOWED_HOSTS=["chat.example"], CSRF_TRUSTED_ORIGINS=["https://app.example"]
)
def test_trusted_origins_may() -> None:
    theirs = {"Host": "chat.example", "Origin": "https://app.example"}
    assert handshake.is_allowed(scope(**theirs))


def test_the_token_wins_over_the_cookie() -> None:
    both = scope(X_Session_Token="t", Cookie="sessionid=c")
    assert handshake.session_key(both) == "t"
    assert handshake.session_key(scope(Cookie="a=b; sessionid=c")) == "c"
    assert handshake.session_key(scope(Cookie="a=b")) is None
    assert handshake.session_key(scope(Cookie="\x01=;;=")) is None
    assert handshake.session_key(scope()) is None
