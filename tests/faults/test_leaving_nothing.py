"""What `make run` leaves behind: nothing after Ctrl-C, little after a kill -9."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from tests.server import LiveServer, free_port

pytestmark = pytest.mark.faults
ORPHAN_TIMEOUT_S = 60


class OwnServer(LiveServer):
    """As `make run` starts it: with a PostgreSQL of its own under its EMOCHAT_VAR."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.port = free_port()
        self.process = None
        ours = ("DATABASE_URL", "EMOCHAT_", "SECRET_KEY")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        self.env = {**kept, "EMOCHAT_VAR": str(var_dir), "PYTHONUNBUFFERED": "1"}

    def interrupt(self) -> int:
        """Ctrl-C: SIGINT to the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(40)

    def processes(self, name: str = "") -> list[psutil.Process]:
        """Whatever still runs for this server, or of it what `name` is part of."""
        found = [p for p in psutil.process_iter() if belongs(p, self.var_dir)]
        return [p for p in found if name in " ".join(command_of(p))]


def command_of(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def belongs(process, var_dir):
    try:
        is_in_it = Path(process.cwd()).is_relative_to(var_dir)
        is_zombie = process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
    return not is_zombie and (is_in_it or str(var_dir) in " ".join(command_of(process)))


@pytest.fixture(scope="module")
def var_dir():
    folder = Path(tempfile.mkdtemp(prefix="emochat-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(var_dir):
    server = OwnServer(var_dir).start()
    yield server
    for process in server.processes():
        process.kill()


def until_gone(server, name="", timeout_s=5.0):
    end_s = time.monotonic() + timeout_s
    while (left := server.processes(name)) and time.monotonic() < end_s:
        time.sleep(0.1)
    return left


def test_ctrl_c_while_it_starts_ends_all_without_a_traceback(var_dir):
    server = OwnServer(var_dir)
    server.start_until("Starting PostgreSQL")
    assert server.interrupt() == 130
    assert until_gone(server) == []
    assert "Traceback" not in server.log.read_text()


def test_ctrl_c_ends_web_helper_and_postgres(server):
    assert server.processes("inference.hosts")
    assert server.processes("postgres")
    assert server.interrupt() == 0
    assert until_gone(server) == []


def test_after_a_kill_9_the_helper_leaves_and_the_next_start_takes_over(server):
    accounts = (server.var_dir / "accounts.txt").read_text()
    [postgres] = server.processes("-D")
    server.kill()
    assert until_gone(server, "inference.hosts", ORPHAN_TIMEOUT_S) == []
    server.start()
    assert [process.pid for process in server.processes("-D")] == [postgres.pid]
    assert (server.var_dir / "accounts.txt").read_text() == accounts
    assert server.interrupt() == 0
    assert until_gone(server) == []
