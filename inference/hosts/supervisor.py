"""Start the machine's helper, watch it, start it again: the part of one client.

Every web process has a Supervisor; the one that holds the lock acts. Where that process
dies, the lock is free and the next `ensure` of another one takes over, helper and all.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from inference.frameworks import ENVIRONMENT, python_of
from inference.hosts.places import (
    ALREADY_RUNNING,
    FileLock,
    HelperPlaces,
    holder_of,
    is_held,
)

if TYPE_CHECKING:
    from inference.config import EngineConfig

logger = logging.getLogger(__name__)

PROJECT_ROOT = Path(__file__).resolve().parents[2]
FIRST_DELAY_S, MAX_DELAY_S = 0.5, 30.0
POLL_S = 0.02


class Supervisor:
    """Keeps one helper running; methods block for milliseconds at most, save `stop`."""

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        self._places = HelperPlaces(config)
        self._lock = FileLock(self._places.supervisor_lock)
        self._process: subprocess.Popen[bytes] | None = None
        self._delay_s = FIRST_DELAY_S
        self._not_before_s = 0.0
        self._is_closed = False
        self._mutex = threading.Lock()

    def ensure(self) -> None:
        """Start a helper if that is our part, none lives, and the back-off has passed."""
        with self._mutex:
            self._places.make()
            if self._is_closed or not self._lock.try_acquire() or self._lives():
                return
            now = time.monotonic()
            if now >= self._not_before_s:
                self._process = self._spawn()
                self._not_before_s = now + self._delay_s
                self._delay_s = min(MAX_DELAY_S, 2 * self._delay_s)

    def note_ready(self) -> None:
        """Start the back-off anew: this helper got as far as it should."""
        self._delay_s = FIRST_DELAY_S

    def failed_exit_code(self) -> int | None:
        """Return the code of a helper of ours that ended badly, once."""
        code = self._process.poll() if self._process else None
        if code is not None:
            self._process = None
        return code if code not in (None, 0, ALREADY_RUNNING) else None

    def kill_hung(self) -> None:
        """SIGKILL the helper if that is our part; it gave no sign of life."""
        is_ours = self._lock.try_acquire()
        pid = holder_of(self._places.helper_lock) if is_ours else None
        if pid is not None:
            logger.error("the engine (process %d) hangs and is killed", pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def take_over(self) -> None:
        """Make it our part, if it is nobody's, without starting a helper."""
        self._lock.try_acquire()

    def stop(self, timeout_s: float) -> None:
        """End the helper if that is our part, by force if need be; give up the lock."""
        with self._mutex:
            self._is_closed = True
        if self._process and self._process.poll() is None:
            self._process.terminate()
        end_s = time.monotonic() + timeout_s
        while self._lock.is_mine and self._lives() and time.monotonic() < end_s:
            time.sleep(POLL_S)
        if self._lock.is_mine and self._lives():
            self._kill()
        self.leave()

    def leave(self) -> None:
        """Give up the lock without ending the helper: other clients still use it."""
        with self._mutex:
            self._is_closed = True
        self._lock.release()
        if self._process and self._process.poll() is None:
            threading.Thread(target=self._process.wait, daemon=True).start()

    def _kill(self) -> None:
        self.kill_hung()
        if self._process:
            self._process.kill()
            self._process.wait()

    def _lives(self) -> bool:
        if self._process and self._process.poll() is None:
            return True
        return is_held(self._places.helper_lock)

    def _spawn(self) -> subprocess.Popen[bytes]:
        """Start the helper in a session of its own: Ctrl-C is the parent's business."""
        threads = str(self._config.n_threads)
        python = python_of(self._config.framework, self._config.tensorflow_python)
        command = [python or sys.executable, "-m", "inference.hosts.child"]
        return subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            [*command, self._config.to_json(), str(os.getpid())],
            cwd=PROJECT_ROOT,
            env=os.environ
            | {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
            | ENVIRONMENT[self._config.framework],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
