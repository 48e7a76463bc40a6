"""The cast, in the test's own process, and servers for what needs a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from channels.layers import channel_layers

from chat import runtime
from inference.registry import CLASSIFIERS
from tests.chat.cast import Somebody, make_somebody
from tests.fakes import FakeEngine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from chat.turns import TurnRunner
    from tests.chat.scripted import HeldServer
    from tests.server import LiveServer, Person

N_PEOPLE = 24


@pytest.fixture(autouse=True)
def offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three classifiers are offered here, whichever are trained."""
    specs = tuple(CLASSIFIERS[name] for name in ("bert", "distilbert", "roberta"))
    monkeypatch.setattr("chat.classifiers.offered", lambda: specs)


@pytest.fixture(autouse=True)
def fresh_layer() -> Iterator[None]:
    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()


@pytest.fixture
def alice(db: None) -> Somebody:
    return make_somebody("Alice")


@pytest.fixture
def charlie(db: None) -> Somebody:
    return make_somebody("Charlie")


@pytest.fixture
async def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
async def runner(
    transactional_db: None, engine: FakeEngine
) -> AsyncIterator[TurnRunner]:
    """The turns of this process, run by the fake engine."""
    yield runtime.start(engine)
    await runtime.stop(drain_s=0)


class People:
    """Hands out people of a server, each to one test only."""

    def __init__(self, server: LiveServer) -> None:
        self._server = server
        self._spare: list[Person] = []
        self._same: Person | None = None

    def __call__(self) -> Person:
        if not self._spare:
            self._spare = self._server.people(N_PEOPLE)
        return self._spare.pop()

    def same(self) -> Person:
        """Somebody whose history does not matter."""
        self._same = self._same or self()
        return self._same


@pytest.fixture(scope="session")
def new_person(live_server_process: LiveServer) -> People:
    return People(live_server_process)


@pytest.fixture(scope="session")
def new_scripted_person(scripted: HeldServer) -> People:
    return People(scripted.server)
