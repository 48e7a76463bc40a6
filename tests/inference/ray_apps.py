"""A real Ray cluster for tests: `manage.py serve_ray` in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from inference.config import EngineConfig, RayConfig
from inference.errors import EngineLost
from inference.hosts.ray_environment import set_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 170
CPUS = 0.1  # of a node, so that many replicas find room on it


class RayCluster:
    """Starts the command, and deploys further engines to the cluster it runs."""

    def __init__(self, var_dir: Path, **env: str) -> None:
        self.var_dir = var_dir
        self.runtime_dir = var_dir / "engine"
        self.env = {
            **os.environ,
            "DEBUG": "1",
            "EMOCHAT_VAR": str(var_dir),
            "EMOCHAT_ENGINE": "ray",
            "EMOCHAT_RAY_CPUS": str(CPUS),
            "EMOCHAT_TEST_DECODER": "tests.fakes:scripted_generator",
            **env,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self._apps: dict[str, EngineConfig] = {}

    @property
    def log(self) -> Path:
        return self.var_dir / "serve_ray.log"

    def start(self) -> RayCluster:
        """Return once its engine is warm."""
        self.var_dir.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve_ray"],
                cwd=ROOT,
                env=self.env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end_s = time.monotonic() + START_TIMEOUT_S
        while "Ctrl-C stops it" not in self.log.read_text():
            if time.monotonic() > end_s or self.process.poll() is not None:
                self.stop()
                raise AssertionError(f"Ray did not start:\n{self.log.read_text()}")
            time.sleep(0.1)
        return self

    def stop(self, timeout_s: float = 30) -> int:
        """As a supervisor would; returns the exit status."""
        assert self.process
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    async def deployed(self, config: EngineConfig) -> EngineConfig:
        """Return the config of an engine on the cluster that is like the given one.

        It may be one that an earlier test had deployed. One that cannot start is there
        all the same: its client is to say why.
        """
        wanted = replace(config, runtime_dir=self.runtime_dir, ray=RayConfig())
        wanted = replace(wanted, ray=replace(config.ray, cpus=CPUS))
        digest = wanted.digest()
        if digest not in self._apps:
            own = replace(wanted.ray, app=f"app-{digest}")
            self._apps[digest] = replace(wanted, ray=own)
            await asyncio.to_thread(self._deploy, self._apps[digest])
        return self._apps[digest]

    def _deploy(self, config: EngineConfig) -> None:
        set_environment(config)
        from inference.hosts import ray_cluster

        ray_cluster.connect(config)
        with suppress(EngineLost):
            ray_cluster.deploy(config)

    def processes(self) -> Iterator[psutil.Process]:
        """The command and every process of the cluster."""
        assert self.process
        command = psutil.Process(self.process.pid)
        yield command
        yield from command.children(recursive=True)

    def replicas(self, app: str) -> list[psutil.Process]:
        """The processes that run an engine of this name."""
        return [p for p in self.processes() if f"ServeReplica:{app}:" in title(p)]


def title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""
