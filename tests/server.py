"""A real `manage.py serve` in a process of its own, on a database of its own."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import requests

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 90


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a live session."""

    id: int
    email: str
    password: str
    session_key: str


def free_port() -> int:
    """One below those that the kernel gives to whoever connects meanwhile."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def create_database(socket_dir: Path, name: str, template: str = "template1") -> None:
    with _connect(socket_dir, "postgres") as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')


def _connect(socket_dir: Path, name: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(socket_dir), user="postgres", dbname=name, autocommit=True
    )


class LiveServer:
    """Start, kill and restart a server; its data outlives it."""

    COMMAND = ("manage.py", "serve", "--prepare")

    def __init__(
        self,
        socket_dir: Path,
        var_dir: Path,
        template: str = "template1",
        **env: str,
    ) -> None:
        self.socket_dir = socket_dir
        self.var_dir = var_dir
        self.name = f"live_{uuid.uuid4().hex[:8]}"
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        create_database(socket_dir, self.name, template)
        self.env = {
            **os.environ,
            "DATABASE_URL": f"postgres://postgres@/{self.name}?host={socket_dir}",
            "EMOCHAT_VAR": str(var_dir),
            "DEBUG": "1",
            "PYTHONUNBUFFERED": "1",
            "EMOCHAT_MESSAGES_PER_MINUTE": "6000",
            "EMOCHAT_MESSAGES_BURST": "1000",
            "EMOCHAT_EXPLANATIONS_PER_MINUTE": "6000",
            **env,
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/chat/"

    @property
    def log(self) -> Path:
        return self.var_dir / "serve.log"

    def start(self) -> LiveServer:
        """Return once it is ready for people and its engine is warm."""
        self.start_until("emochat is ready")
        return self

    def start_until(self, line: str) -> None:
        """Return once its log says so."""
        self.var_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, *self.COMMAND, f"--port={self.port}"]
        with self.log.open("ab") as log:
            start = log.tell()
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_for(line, start)

    def _wait_for(self, line: str, start: int) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            said = self.log.read_bytes()[start:].decode(errors="replace")
            if line in said:
                return
            if self.process and self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{said}")

    def kill(self) -> None:
        """kill -9 of the web process alone; its helper is on its own."""
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_s: float = 40) -> int:
        """As Ctrl-C or a supervisor would; returns the exit status."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def __enter__(self) -> LiveServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def restart(self) -> LiveServer:
        if self.process and self.process.poll() is None:
            self.stop()
        return self.start()

    def database(self) -> psycopg.Connection:
        return _connect(self.socket_dir, self.name)

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a `manage.py` command as the operator of this server."""
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
        )

    def people(self, n: int) -> list[Person]:
        """Make people who are signed in."""
        made = subprocess.run(
            [sys.executable, "-m", "tests.make_people", str(n)],
            cwd=ROOT,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
        )
        return [Person(**row) for row in json.loads(made.stdout)]

    def get(self, path: str, **options: object) -> requests.Response:
        return requests.get(self.url + path, timeout=30, **options)  # type: ignore[arg-type]

    def engine_pid(self) -> int:
        """The process id of the helper that this server talks to."""
        for process in Path("/proc").glob("[0-9]*"):
            command = _read(process / "cmdline").decode(errors="replace")
            if "inference.hosts" in command and str(self.var_dir) in command:
                return int(process.name)
        raise AssertionError("no helper runs")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
