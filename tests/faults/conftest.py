"""One server with a decoder that takes seconds, shared by the tests that do it harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.kill9 import ENV, N_PEOPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.server import LiveServer, Person

MAX_TURNS = 40


@pytest.fixture(scope="session")
def _slow_server(make_server: Callable[..., LiveServer]) -> LiveServer:
    return make_server(**ENV, EMOCHAT_MAX_TURNS=str(MAX_TURNS)).start()


@pytest.fixture(scope="session")
def people(_slow_server: LiveServer) -> list[Person]:
    return _slow_server.people(N_PEOPLE)


@pytest.fixture
def server(_slow_server: LiveServer) -> LiveServer:
    """The server, running whatever the test before did to it."""
    if _slow_server.process is None or _slow_server.process.poll() is not None:
        _slow_server.start()
    return _slow_server
