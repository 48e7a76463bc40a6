from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.api.app import App
from tests.chat.cast import Somebody, make_somebody
from tests.chat.conftest import People, engine, runner

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.chat.scripted import HeldServer


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
def people(scripted: HeldServer) -> People:
    return People(scripted.server)


@pytest.fixture
def app(scripted: HeldServer, people: People) -> App:
    """Alice's phone."""
    return App.of(scripted.server, people())


@pytest.fixture
def other(scripted: HeldServer, people: People) -> App:
    """Charlie's phone."""
    return App.of(scripted.server, people())
