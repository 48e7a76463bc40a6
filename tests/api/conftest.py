from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.api.app import App
from tests.chat.cast import Somebody, make_somebody
from tests.chat.conftest import People, engine, runner
from tests.chat.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import LiveServer


__all__ = ["engine", "runner"]


@pytest.fixture
def alice(db: None) -> Somebody:
    return make_somebody("Alice")


@pytest.fixture
def charlie(db: None) -> Somebody:
    return make_somebody("Charlie")


@pytest.fixture
def client_of() -> Callable[[Somebody], Client]:
    """Make the HTTP client of a person who is signed in."""

    def make(who: Somebody) -> Client:
        client = Client(raise_request_exception=False)
        client.cookies["sessionid"] = who.session_key
        return client

    return make


@pytest.fixture(scope="session")
def quick(make_server: Callable[..., LiveServer]) -> ScriptedServer:
    """A real server whose replies are scripted and can be held at the fourth word."""
    stall = Path(tempfile.mkdtemp(prefix="emochat-")) / "stall"
    server = make_server(
        EMOCHAT_TEST_DECODER="tests.fakes:scripted_generator",
        EMOCHAT_TEST_STALL_FILE=str(stall),
        EMOCHAT_TEST_STEP_S="0.02",
    )
    return ScriptedServer(server.start(), stall)


@pytest.fixture(scope="session")
def people(quick: ScriptedServer) -> People:
    return People(quick.server)


@pytest.fixture
def app(quick: ScriptedServer, people: People) -> App:
    """Alice's phone."""
    return App.of(quick.server, people())


@pytest.fixture
def other(quick: ScriptedServer, people: People) -> App:
    """Charlie's phone."""
    return App.of(quick.server, people())
