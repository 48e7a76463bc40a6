"""Run each measurement in a fresh process, and none of them twice."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.processes import ROOT, busy_s, driver_s
from inference.frameworks import environment_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inference.registry import Framework

MODULES: dict[Framework, str] = {
    "pytorch": "benchmarks.frameworks.torch_side",
    "tensorflow": "benchmarks.frameworks.tensorflow_side",
}
PREPARE = "benchmarks.frameworks.prepare"
LOG_TAIL = 1500
Found = dict[str, Any]


class JobError(Exception):
    """A measurement's process failed; the message ends with what it said."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Keeps every answer in `work`: a comparison that was killed goes on where it was."""

    work: Path
    pythons: dict[Framework, str]
    threads: int
    say: Callable[[str], None]

    def ask(self, framework: Framework, kind: str, name: str, **values: Any) -> Found:
        """Return what the framework measured; raises JobError, KeyboardInterrupt."""
        label = f"{name}-{framework}"
        job = {"kind": kind, "threads": self.threads} | values
        return self._answer(MODULES[framework], framework, label, job)

    def prepare(self, name: str, **values: Any) -> Found:
        return self._answer(PREPARE, "pytorch", name, {"kind": "prepare"} | values)

    def _answer(
        self, module: str, framework: Framework, label: str, job: Found
    ) -> Found:
        path = self.work / "jobs" / f"{label}.json"
        answer = path.with_suffix(".measured")
        if answer.is_file():
            return dict(json.loads(answer.read_text()))
        self.say(label)
        path.parent.mkdir(parents=True, exist_ok=True)
        found = self._run(module, framework, path, job)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.replace(answer)
        return found

    def _run(self, module: str, framework: Framework, path: Path, job: Found) -> Found:
        """Return the answer, and what share of the machine others took meanwhile."""
        path.write_text(json.dumps(job | {"started_s": time.time()}))
        command = [self.pythons[framework], "-m", module, str(path)]
        meter = _Meter()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment(framework),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise JobError(f"{path.stem} failed: {done.stderr[-LOG_TAIL:]}")
        found: Found = json.loads(path.with_suffix(".answer").read_text())
        return found | {"others_share": meter.others_share()}

    def _environment(self, framework: Framework) -> dict[str, str]:
        threads = str(self.threads)
        return environment_of(framework) | {
            "OMP_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
            "TOKENIZERS_PARALLELISM": "false",
            "HF_HUB_OFFLINE": "1",
        }


class _Meter:
    """Tells what share of all cores was somebody else's since it was made."""

    def __init__(self) -> None:
        self._started_s = time.perf_counter()
        self._others_s = self._now()

    def others_share(self) -> float:
        wall_s = max(1e-9, time.perf_counter() - self._started_s)
        taken_s = self._now() - self._others_s
        return round(max(0.0, taken_s / wall_s / (os.cpu_count() or 1)), 3)

    def _now(self) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return busy_s() - driver_s() - ended.ru_utime - ended.ru_stime
