"""Fixtures that every test may use. The cast: alice owns, bob is staff, charlie is
somebody else and must be refused."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import override_settings

from tests.server import LiveServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Playwright's sync API runs an event loop in the test's own thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session", autouse=True)
def _plain_static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """As under DEBUG: no manifest of hashed names has been made for the tests."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    storages = {**settings.STORAGES, "staticfiles": plain}
    root = tmp_path_factory.mktemp("static")
    with override_settings(STORAGES=storages, STATIC_ROOT=root):
        yield


@pytest.fixture(scope="session")
def postgres_socket() -> Path:
    from emochat.embedded_postgres.server import ensure_running

    return ensure_running(settings.EMBEDDED_POSTGRES_DIR)


@pytest.fixture(scope="session")
def make_server(postgres_socket: Path) -> Iterator[Callable[..., LiveServer]]:
    """Make a server with settings of its own; all are stopped at the end."""
    servers: list[LiveServer] = []

    def make(**env: str) -> LiveServer:
        # A UNIX socket's path has at most 107 bytes, so not under tmp_path.
        var_dir = Path(tempfile.mkdtemp(prefix="emochat-"))
        servers.append(LiveServer(postgres_socket, var_dir, **env))
        return servers[-1]

    yield make
    for server in servers:
        if server.process:
            server.stop()


@pytest.fixture(scope="session")
def live_server_process(make_server: Callable[..., LiveServer]) -> LiveServer:
    """One server with the shipped weights, shared by all tests that only talk to it."""
    return make_server().start()
