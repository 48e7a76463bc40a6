"""Who is measured: emochat's engine as its own helper process, and its peers."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import requests

from benchmarks.messages import CLASSIFIER
from benchmarks.peers.clients import HttpClient, WireClient
from benchmarks.processes import Cores, launch, memory_mib, stop
from inference.config import EngineConfig
from inference.hosts.helper import HelperClient
from inference.hosts.places import HelperPlaces, is_held

if TYPE_CHECKING:
    import subprocess
    from collections.abc import AsyncIterator, Callable

    from inference.types import (
        Classified,
        ClassifyRequest,
        Delta,
        Finished,
        GenerateRequest,
    )

START_TIMEOUT_S = 240.0
POLL_S = 0.1
Lane = Literal["reply", "classify"]
BOTH: tuple[Lane, ...] = ("reply", "classify")


@dataclass(frozen=True, slots=True)
class Spec:
    """A contender: how it is reached, and the name that its kind of server knows.

    `max_probability_off` and `max_log_probability_off` are what its gate allows.
    `is_alone`: measured against emochat only, because its idle processes stay busy.
    """

    name: str
    title: str
    kind: Literal["helper", "wire", "http"]
    target: str
    lanes: tuple[Lane, ...] = BOTH
    max_log_probability_off: float = 1e-3
    max_probability_off: float = 1e-4
    is_alone: bool = False


INT8 = {"max_log_probability_off": 0.5, "max_probability_off": 0.1}
OURS, OURS_SAMPLING = "emochat", "emochat-sampling"
SPECS = {
    spec.name: spec
    for spec in (
        Spec(OURS, "emochat", "helper", "greedy"),
        Spec(OURS_SAMPLING, "emochat, sampling", "helper", "sampling", ("reply",)),
        Spec("naive", "P0 transformers, one by one", "wire", "naive"),
        Spec("gang", "P1 transformers in gangs", "wire", "gang"),
        Spec("litserve", "P2 LitServe", "http", "lit"),
        Spec(
            "ctranslate2-int8",
            "P3 CTranslate2 int8",
            "wire",
            "ctranslate2-int8",
            **INT8,
        ),
        Spec("ctranslate2-fp32", "P3 CTranslate2 float32", "wire", "ctranslate2-fp32"),
        Spec("onnxruntime", "P4 onnxruntime", "wire", "onnxruntime", ("classify",)),
        Spec("ray", "P5 Ray Serve, naive", "http", "ray_serve", is_alone=True),
    )
}


class NotMeasured(Exception):
    """A contender that cannot take part; the message is the reason to print."""


class Client(Protocol):
    """The part of an `EngineClient` that is measured."""

    async def start(self) -> None: ...
    async def close(self) -> None: ...
    async def classify(self, request: ClassifyRequest) -> Classified: ...
    def generate(self, request: GenerateRequest) -> AsyncIterator[Delta | Finished]: ...


@dataclass(slots=True)
class Contender:
    """One that runs and is warm."""

    spec: Spec
    process: subprocess.Popen[bytes]
    client: Client
    start_s: float
    memory_mib: float = 0.0

    @property
    def pids(self) -> list[int]:
        return [self.process.pid]

    async def close(self) -> None:
        await self.client.close()
        await asyncio.to_thread(stop, self.process)


@dataclass(slots=True)
class Stage:
    """Where contenders run: the models written for them, cores, threads, a short folder.

    A UNIX socket's path has 107 bytes at most, so the sockets are not under `models`.
    """

    models: Path
    cores: Cores
    n_threads: int = 1
    folder: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp(prefix="emochat-bench-"))
    )

    async def start(self, spec: Spec) -> Contender:
        """Return the contender once it is warm, or raise NotMeasured saying why not."""
        started_s = time.monotonic()
        command, client, is_up = self._plan(spec)
        log = self.folder / f"{spec.name}.log"
        process = launch(
            [sys.executable, "-m", *command], log, self.cores, self.n_threads
        )
        contender = Contender(spec, process, client, 0.0)
        try:
            await _wait_until_up(process, is_up, log)
            await asyncio.wait_for(client.start(), START_TIMEOUT_S)
        except BaseException:
            await contender.close()
            raise
        contender.start_s = time.monotonic() - started_s
        contender.memory_mib = memory_mib([process.pid])
        return contender

    def _plan(self, spec: Spec) -> tuple[list[str], Client, Callable[[], bool]]:
        """Return the module to run with its arguments, a client, and how to see it up."""
        if spec.kind == "helper":
            return self._helper(spec)
        plain = str(self.models / "plain")
        if spec.kind == "wire":
            socket = self.folder / f"{spec.name}.sock"
            command = ["benchmarks.peers.server", spec.target, plain, str(socket)]
            return command, WireClient(socket), socket.exists
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        command = [f"benchmarks.peers.{spec.target}", plain, str(port)]
        return command, HttpClient(url), lambda: _is_healthy(url)

    def _helper(self, spec: Spec) -> tuple[list[str], Client, Callable[[], bool]]:
        """Start our helper as its supervisor would; the client then finds it there."""
        config = EngineConfig(
            device="cpu",
            classifiers=(CLASSIFIER,),
            weights_root=(self.models / spec.target).absolute(),
            runtime_dir=self.folder,
            n_threads=self.n_threads,
        )
        lock = HelperPlaces(config).helper_lock
        command = ["inference.hosts.child", config.to_json(), str(os.getpid())]
        return command, HelperClient(config), lambda: is_held(lock)


async def _wait_until_up(
    process: subprocess.Popen[bytes], is_up: Callable[[], bool], log: Path
) -> None:
    end_s = time.monotonic() + START_TIMEOUT_S
    while not await asyncio.to_thread(is_up):
        if process.poll() is not None:
            raise NotMeasured(_last_line(log))
        if time.monotonic() > end_s:
            raise NotMeasured(f"it did not start within {START_TIMEOUT_S:.0f} s")
        await asyncio.sleep(POLL_S)


def _last_line(log: Path) -> str:
    """Return the error that ended the process, as the interpreter wrote it."""
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip()[:200] if lines else "it ended without a word"


def _is_healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=2).ok
    except requests.RequestException:
        return False


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: Any = probe.getsockname()[1]
        return int(port)
