"""Processes to be measured: start them on cores of their own, read what they cost."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
STOP_TIMEOUT_S = 15.0
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Cores:
    """Which cores the contenders run on, and which the clients; empty means any."""

    server: tuple[int, ...] = ()
    driver: tuple[int, ...] = ()


def split_cores() -> Cores:
    """Give the contender the last core and the clients the first, where there are two."""
    if not hasattr(os, "sched_getaffinity"):
        return Cores()
    cores = sorted(os.sched_getaffinity(0))
    return Cores((cores[-1],), (cores[0],)) if len(cores) > 1 else Cores()


def pin(cores: Sequence[int]) -> None:
    """Keep this process, and all that it starts from now on, on these cores."""
    if cores:
        os.sched_setaffinity(0, cores)


def launch(
    command: Sequence[str], log: Path, cores: Cores, n_threads: int
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, on the contenders' cores."""
    threads = str(n_threads)
    env = os.environ | {
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("ab") as out, _on(cores.server):
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )


@contextmanager
def _on(cores: Sequence[int]) -> Iterator[None]:
    """Run this thread on these cores for a moment: what it starts there stays there."""
    if not cores:
        yield
        return
    own = os.sched_getaffinity(0)
    pin(cores)
    try:
        yield
    finally:
        pin(sorted(own))


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process that `launch` started, and all that it started; by force if need be."""
    family = tree(process.pid)
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_TIMEOUT_S)
    for member in family:
        with suppress(psutil.Error):
            member.kill()
    process.wait()


def tree(pid: int) -> list[psutil.Process]:
    """Return the process and all that descend from it; empty where it has ended."""
    with suppress(psutil.Error):
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    return []


def cpu_s(pids: Sequence[int]) -> float:
    """Return the CPU seconds, user and system, of these processes' trees so far.

    Those of members that have ended stay counted, with the parent that saw them end.
    """
    members = [member for pid in pids for member in tree(pid)]
    return sum(_cpu_s(member) + _ended_s(member) for member in members)


def _cpu_s(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _ended_s(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.children_user + times.children_system)
    return 0.0


def memory_mib(pids: Sequence[int]) -> float:
    """Return the memory of these trees; what processes share counts once among them."""
    return sum(_memory(member) for pid in pids for member in tree(pid)) / MIB


def _memory(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        found = process.memory_full_info()
        return int(getattr(found, "pss", found.rss))
    return 0


def driver_s() -> float:
    """Return the CPU seconds of this process alone, not of those that it started."""
    return _cpu_s(psutil.Process())


def busy_s() -> float:
    """Return the CPU seconds that all cores together have been busy since the start."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # On Linux the guests' time is within user and nice already.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - idle - guests)


@dataclass(slots=True)
class Meter:
    """What a stretch of time cost: our processes, and everybody else on the machine."""

    pids: Sequence[int]
    started_s: float = 0.0
    own_s: float = 0.0
    others_s: float = 0.0

    def start(self) -> None:
        self.started_s, self.own_s = time.perf_counter(), cpu_s(self.pids)
        self.others_s = busy_s() - self.own_s - driver_s()

    def stop(self) -> tuple[float, float]:
        """Return the CPU seconds of our processes, and others' share of the machine.

        The share is of all cores and may be a little below zero: clocks tick in 10 ms.
        """
        own_s = cpu_s(self.pids)
        others_s = busy_s() - own_s - driver_s() - self.others_s
        wall_s = max(1e-9, time.perf_counter() - self.started_s)
        share = others_s / wall_s / (os.cpu_count() or 1)
        return own_s - self.own_s, max(0.0, share)


def describe_machine() -> dict[str, str | int]:
    """Return what a reader needs to know of the machine and of the code measured."""
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count() or 1,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "commit": _commit(),
        "load": round(os.getloadavg()[0]),
    }


def _cpu_name() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    """Return the commit measured, with + where files differ from it; "" without git."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip()
