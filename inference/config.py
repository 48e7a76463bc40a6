"""Everything an engine needs to be told; whoever starts one builds this."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from inference.registry import (
    REPLY_MODEL,
    WEIGHTS_ROOT,
    available_classifiers,
    runs_in,
    weights_dir,
)
from inference.scheduler import Limits

HostName = Literal["helper", "inline", "ray"]
DeviceName = Literal["auto", "cpu", "cuda", "mps"]
RUNTIME_DIR = Path(__file__).resolve().parent.parent / "var" / "run"


def _default_threads() -> int:
    """Leave half of the cores to the web processes: 1 thread on 2 cores."""
    return max(1, (os.cpu_count() or 1) // 2)


def _absolute(path: Path) -> str:
    return str(path.absolute())


def _folder_or_name(text: str | None) -> Path | str | None:
    """Tell a folder from a name on the hub, which never starts with a slash."""
    return Path(text) if text and Path(text).is_absolute() else text


@dataclass(frozen=True, slots=True)
class RayConfig:
    """Which Ray cluster runs the engine, and as how many replicas.

    Without an `address` it is the one that `manage.py serve_ray` started on this machine.
    Each replica reserves `cpus` and `gpus` of a node. `max_ongoing` and `max_queued`
    requests may be in a replica, and wait for one in a web process; None leaves room for
    all that the engine itself would take.
    """

    address: str = ""
    app: str = "emochat"
    min_replicas: int = 1
    max_replicas: int = 1
    cpus: float = 1.0
    gpus: float = 0.0
    max_ongoing: int | None = None
    max_queued: int | None = None


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """How to run an engine, and which models in it.

    `classifiers` None means all that are trained; `reply_model` None the one that ships,
    a Path a folder, a str a name on the hub. `reply_prompt` is the template for a T5 that
    somebody else trained; empty is ours.
    `runtime_dir` holds the helper's socket and locks. A helper that has not shown a sign of
    life for `hang_timeout_s` is killed. `decoder` ("module:factory") puts a scripted
    generator in the T5's place: for tests only.
    """

    host: HostName = "helper"
    device: DeviceName = "auto"
    classifiers: tuple[str, ...] | None = None
    weights_root: Path = WEIGHTS_ROOT
    reply_model: Path | str | None = None
    reply_prompt: str = ""
    runtime_dir: Path = RUNTIME_DIR
    limits: Limits = field(default_factory=Limits)
    n_threads: int = field(default_factory=_default_threads)
    hang_timeout_s: float = 5.0
    start_timeout_s: float = 120.0
    orphan_timeout_s: float = 10.0
    decoder: str = ""
    ray: RayConfig = field(default_factory=RayConfig)

    @property
    def classifier_names(self) -> tuple[str, ...]:
        """Those that PyTorch runs; the others have a host process of their own."""
        names = self.classifiers
        if names is None:
            trained = available_classifiers(self.weights_root)
            names = tuple(spec.name for spec in trained)
        return tuple(name for name in names if runs_in("pytorch", name))

    @property
    def reply_source(self) -> Path | str:
        return self.reply_model or weights_dir(REPLY_MODEL, self.weights_root)

    def to_json(self) -> str:
        """Return a text from which another process makes the same config."""
        return json.dumps(asdict(self), default=_absolute, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> EngineConfig:
        values: dict[str, Any] = json.loads(text)
        for name in ("weights_root", "runtime_dir"):
            values[name] = Path(values[name])
        values["reply_model"] = _folder_or_name(values["reply_model"])
        names = values["classifiers"]
        values["classifiers"] = None if names is None else tuple(names)
        parts = {
            "limits": Limits(**values["limits"]),
            "ray": RayConfig(**values["ray"]),
        }
        return cls(**values | parts)

    def digest(self) -> str:
        """Return a short name; processes share a helper only where theirs is the same."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:8]
