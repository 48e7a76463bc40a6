"""Where a machine's helper is found: its socket and the two locks beside it.

`supervisor.lock` is held by the one client that starts and kills helpers; `helper.lock` by
the helper for as long as it lives, with its process id inside. Locks go with their
process, however it ends, so neither can be left behind.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from inference.hosts.wire import PROTOCOL

if TYPE_CHECKING:
    from inference.config import EngineConfig

ALREADY_RUNNING = 3  # the exit code of a helper that found another one
POLL_S = 0.01
MAX_SOCKET_PATH_BYTES = 100  # the kernel allows 108 on Linux, 104 on macOS


class HelperPlaces:
    """The paths of the helper that fits one configuration."""

    def __init__(self, config: EngineConfig) -> None:
        self.runtime_dir = config.runtime_dir.absolute()
        stem = f"engine-v{PROTOCOL}-{config.digest()}"
        self.helper_lock = self.runtime_dir / f"{stem}.helper.lock"
        self.supervisor_lock = self.runtime_dir / f"{stem}.supervisor.lock"
        self.socket = _short(self.runtime_dir / f"{stem}.sock")

    def make(self) -> None:
        """Create the folders, for this user's eyes only."""
        self.runtime_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        owner = self.socket.parent.stat().st_uid
        if owner != os.getuid():
            raise PermissionError(f"{self.socket.parent} belongs to another user.")


def _short(path: Path) -> Path:
    """Return the path, or one in the temporary folder where it is too long for a socket."""
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH_BYTES:
        return path
    place = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return (
        Path(tempfile.gettempdir()) / f"emochat-{os.getuid()}-{place}" / "engine.sock"
    )


class FileLock:
    """An exclusive lock on a file, held until `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    @property
    def is_mine(self) -> bool:
        return self._fd is not None

    def try_acquire(self) -> bool:
        """Take the lock if it is free, without waiting; true where it is ours."""
        if self._fd is None:
            self._fd = _lock(self._path)
        return self._fd is not None

    def acquire_within(self, timeout_s: float) -> bool:
        """Like `try_acquire`, but outlast those who only look whether it is held."""
        end_s = time.monotonic() + timeout_s
        while not self.try_acquire() and time.monotonic() < end_s:
            time.sleep(POLL_S)
        return self.is_mine

    def write_pid(self) -> None:
        if self._fd is not None:
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def is_held(path: Path) -> bool:
    """Tell whether a living process holds the lock, by trying to take it."""
    if not path.exists():
        return False
    fd = _lock(path)
    if fd is not None:
        os.close(fd)
    return fd is None


def holder_of(path: Path) -> int | None:
    """Return the process id that the lock's holder wrote, if somebody holds it."""
    text = path.read_text() if is_held(path) else ""
    return int(text) if text.isdigit() else None


def _lock(path: Path) -> int | None:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd
