"""Fixtures that every test may use. The cast: alice owns, bob is staff, charlie is
somebody else and must be refused."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings

from tests.chat.scripted import HeldServer
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

    socket = ensure_running(settings.EMBEDDED_POSTGRES_DIR)
    _spare_the_disk(socket)
    return socket


def _spare_the_disk(socket: Path) -> None:
    """Kept through a crash of PostgreSQL, not of the machine: its data is for a test.

    On a slow disk a database could otherwise not be dropped within `statement_timeout`.
    """
    with psycopg.connect(
        host=str(socket), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    postgres_socket: Path, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """Before Django makes the worker's database: the disk is spared from there on."""


@pytest.fixture(scope="session")
def migrated(postgres_socket: Path) -> str:
    """A database with our tables: servers that begin with a copy of it start sooner."""
    var_dir = Path(tempfile.mkdtemp(prefix="emochat-"))
    server = LiveServer(postgres_socket, var_dir)
    server.manage("migrate").check_returncode()
    return server.name


@pytest.fixture(scope="session")
def make_server(
    postgres_socket: Path, migrated: str
) -> Iterator[Callable[..., LiveServer]]:
    """Make a server with settings of its own; all are stopped at the end."""
    servers: list[LiveServer] = []

    def make(**env: str) -> LiveServer:
        # A UNIX socket's path has at most 107 bytes, so not under tmp_path.
        var_dir = Path(tempfile.mkdtemp(prefix="emochat-"))
        servers.append(LiveServer(postgres_socket, var_dir, migrated, **env))
        return servers[-1]

    yield make
    for server in servers:
        if server.process:
            server.stop()


@pytest.fixture(scope="session")
def live_server_process(make_server: Callable[..., LiveServer]) -> LiveServer:
    """One server with the shipped weights, shared by all tests that only talk to it."""
    return make_server().start()


@pytest.fixture(scope="session")
def scripted(make_server: Callable[..., LiveServer]) -> HeldServer:
    """A real server whose replies are scripted and can be held at the fourth word."""
    return HeldServer.start(make_server, EMOCHAT_TEST_STEP_S="0.02")
