"""What Ray reads from the environment while it is imported, set beforehand.

Never imports Ray. A cluster of ours on this machine keeps to the loopback and lets in
only who shows its token; both hold before the first process of it starts.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from inference.errors import EngineLost

if TYPE_CHECKING:
    from inference.config import EngineConfig

PROJECT_ROOT = Path(__file__).resolve().parents[2]
TOKEN_BYTES = 32
PASSED_ON = ("EMOCHAT_", "HF_", "CUDA_")  # to replicas, wherever they run


class RayPlaces:
    """The files of the Ray cluster that runs on this machine."""

    def __init__(self, config: EngineConfig) -> None:
        self.folder = config.runtime_dir.absolute()
        self.token = self.folder / "ray.token"
        self.address = self.folder / "ray.address"
        self.lock = self.folder / "ray.lock"

    def make(self) -> None:
        """Create the folder and, once, the token; for this user's eyes only."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.token.exists():
            own = self.token.with_suffix(f".{os.getpid()}")
            own.touch(mode=0o600)
            own.write_text(secrets.token_hex(TOKEN_BYTES))
            own.rename(self.token)


def set_environment(config: EngineConfig) -> None:
    """Prepare the import of Ray; what somebody has set already stays as it is."""
    wanted = {
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_ENABLE_DIRECT_INGRESS": "0",  # nobody asks a replica over HTTP
        "RAY_AUTH_MODE": "token",
        "RAY_USAGE_STATS_ENABLED": "0",
        # It would abort a process 3 s after a SIGTERM, in the middle of our draining.
        "RAY_DISABLE_FAILURE_SIGNAL_HANDLER": "1",
    }
    if not config.ray.address:
        wanted |= _of_this_machine_alone(config)
    for name, value in wanted.items():
        os.environ.setdefault(name, value)


def _of_this_machine_alone(config: EngineConfig) -> dict[str, str]:
    """Ray takes 127.0.0.1 for its node, and listens there, where it may be no cluster."""
    wanted = {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_worker_niceness": "0",  # Ray's own 15 is for batches; people wait for us
        "RAY_worker_register_timeout_seconds": "120",  # a busy machine takes its time
        "RAY_gcs_server_port_wait_time_s": "120",
    }
    if "RAY_AUTH_TOKEN" not in os.environ:
        wanted["RAY_AUTH_TOKEN_PATH"] = str(RayPlaces(config).token)
    return wanted


def address_of(config: EngineConfig) -> str:
    """Return where the cluster's head is, or raise EngineLost where none was started."""
    if config.ray.address:
        return config.ray.address
    try:
        return RayPlaces(config).address.read_text()
    except OSError as error:
        raise EngineLost("No Ray runs here: start `manage.py serve_ray`.") from error


def replica_environment(config: EngineConfig) -> dict[str, str]:
    """Return the variables of a replica's process."""
    threads = str(config.n_threads)
    passed_on = {k: v for k, v in os.environ.items() if k.startswith(PASSED_ON)}
    return passed_on | {
        "PYTHONPATH": str(PROJECT_ROOT),
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
    }
