"""The first process that uses the database starts it, the last one stops it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from emochat.embedded_postgres.server import _folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 60
# Uses the database, says so, and leaves when its standard input ends.
USE = """
import sys
from pathlib import Path
from emochat.embedded_postgres.server import ensure_running
print(ensure_running(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


class User:
    """A process that uses the database in a folder."""

    def __init__(self, data_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, str(data_dir)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def socket_dir(self) -> Path:
        """Wait until it uses the database; return where that listens."""
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        assert line, "it could not start the database"
        return Path(line)

    def leave(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self._end()
        assert self.process.returncode == 0

    def _end(self) -> None:
        assert self.process.stdout
        self.process.wait(TIMEOUT_S)
        self.process.stdout.close()

    def kill(self) -> None:
        assert self.process.stdin
        self.process.kill()
        self.process.stdin.close()
        self._end()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # A UNIX socket's path has at most 107 bytes, so not under tmp_path.
    parent = Path(tempfile.mkdtemp(prefix="emochat-pg-"))
    yield parent / "postgres"
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(postmaster(parent / "postgres"), signal.SIGKILL)
        time.sleep(0.5)
    shutil.rmtree(parent, ignore_errors=True)


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postmaster.pid").read_text().split()[0])


def is_up(data_dir: Path) -> bool:
    return (data_dir / "postmaster.pid").exists()


def ask(socket_dir: Path, sql: str) -> object:
    with psycopg.connect(
        host=str(socket_dir), user="postgres", dbname="emochat", autocommit=True
    ) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def test_two_processes_share_it_and_the_last_one_stops_it(data_dir: Path) -> None:
    first, second = User(data_dir), User(data_dir)  # at once: both make the cluster
    where = first.socket_dir()
    assert second.socket_dir() == where
    pid = postmaster(data_dir)
    ask(where, "CREATE TABLE kept AS SELECT 7 AS n")
    first.leave()
    assert ask(where, "SELECT n FROM kept") == 7
    assert postmaster(data_dir) == pid
    second.leave()
    assert not is_up(data_dir)
    third = User(data_dir)
    assert ask(third.socket_dir(), "SELECT n FROM kept") == 7
    third.leave()
    assert not is_up(data_dir)


def test_after_a_kill_the_next_one_takes_over_and_stops_it(data_dir: Path) -> None:
    first = User(data_dir)
    ask(first.socket_dir(), "CREATE TABLE kept AS SELECT 7 AS n")
    pid = postmaster(data_dir)
    first.kill()
    second = User(data_dir)
    assert ask(second.socket_dir(), "SELECT n FROM kept") == 7
    assert postmaster(data_dir) == pid
    second.leave()
    assert not is_up(data_dir)


def test_a_killed_one_does_not_keep_it_running(data_dir: Path) -> None:
    first, second = User(data_dir), User(data_dir)
    first.socket_dir()
    second.socket_dir()
    second.kill()
    first.leave()
    assert not is_up(data_dir)


def test_a_pid_file_left_by_a_dead_machine_is_no_server(data_dir: Path) -> None:
    """After a restart its process id is some other program's: here, this test's."""
    first = User(data_dir)
    ask(first.socket_dir(), "CREATE TABLE kept AS SELECT 7 AS n")
    left = (data_dir / "postmaster.pid").read_text()
    pid = postmaster(data_dir)
    lock = data_dir / ".s.PGSQL.5432.lock"
    locked = lock.read_text()
    first.leave()
    for path, text in ((data_dir / "postmaster.pid", left), (lock, locked)):
        path.write_text(text.replace(str(pid), str(os.getpid()), 1))
    second = User(data_dir)
    assert ask(second.socket_dir(), "SELECT n FROM kept") == 7
    second.leave()
    assert not is_up(data_dir)


def test_after_a_crash_of_the_database_it_starts_again(data_dir: Path) -> None:
    first = User(data_dir)
    ask(first.socket_dir(), "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(postmaster(data_dir), signal.SIGKILL)
    first.kill()
    deadline = time.monotonic() + TIMEOUT_S
    while any(_folder_of(process) == data_dir for process in psutil.process_iter()):
        assert time.monotonic() < deadline, "its other processes live on"
        time.sleep(0.2)
    second = User(data_dir)
    assert ask(second.socket_dir(), "SELECT n FROM kept") == 7
    second.leave()
    assert not is_up(data_dir)
