"""The very first start, cut short while it makes or starts the database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from tests.server import ROOT

pytestmark = pytest.mark.faults
START = (
    "from pathlib import Path; import sys;"
    "from emochat.embedded_postgres.server import ensure_running;"
    "ensure_running(Path(sys.argv[1]));"
    "sys.stdin.read()"
)


@pytest.fixture
def data_dir():
    folder = Path(tempfile.mkdtemp(prefix="emochat-"))
    yield folder / "postgres"
    for process in processes(folder):
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


def start(data_dir, stdin=subprocess.PIPE):
    return subprocess.Popen(
        [sys.executable, "-c", START, str(data_dir)],
        cwd=ROOT,
        stdin=stdin,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def cut(process, number, path):
    """Send the whole group a signal as soon as a file is there."""
    end_s = time.monotonic() + 30
    while not path.exists() and time.monotonic() < end_s:
        time.sleep(0.001)
    os.killpg(process.pid, number)
    process.wait(30)
    process.stdin.close()


def processes(folder):
    found = []
    for process in psutil.process_iter():
        try:
            found += [process] * Path(process.cwd()).is_relative_to(folder)
        except (psutil.Error, OSError):
            continue
    return found


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (signal.SIGKILL, "PG_VERSION"),
        (signal.SIGINT, "global/pg_control"),
        (signal.SIGKILL, "postmaster.pid"),
    ],
)
def test_the_next_start_works(data_dir, number, name):
    cut(start(data_dir), number, data_dir / name)
    again = start(data_dir, subprocess.DEVNULL)
    assert again.wait(60) == 0
    assert processes(data_dir) == []


def test_ctrl_c_while_the_server_starts_leaves_none(data_dir):
    cut(start(data_dir), signal.SIGINT, data_dir / "log")
    assert processes(data_dir) == []
