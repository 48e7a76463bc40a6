"""The helper process: `python -m inference.hosts.child CONFIG PARENT_PID`.

It owns torch and the models, and serves any number of clients over a UNIX socket. It ends
when told to, or when nobody is connected and the process that started it is gone.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from inference.config import EngineConfig
from inference.hosts.build import build_core
from inference.hosts.places import ALREADY_RUNNING, FileLock, HelperPlaces
from inference.hosts.server import HelperServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from inference.core import EngineCore

BACKLOG = 128
LOCK_TIMEOUT_S = 0.5


def serve(
    config: EngineConfig,
    parent_pid: int | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> int:
    """Run the machine's helper in this process; return its exit code.

    Without a parent it stays until SIGTERM or SIGINT.
    """
    places = HelperPlaces(config)
    places.make()
    lock = FileLock(places.helper_lock)
    if not lock.acquire_within(LOCK_TIMEOUT_S):
        return ALREADY_RUNNING
    lock.write_pid()
    listener = _listen(places)
    build = partial(_build, config, on_progress)
    server = HelperServer(listener, build, stays_alone=parent_pid is None)
    try:
        _run(server, _Ending(server, parent_pid, config.orphan_timeout_s))
    finally:
        server.close()
        listener.close()
        places.socket.unlink(missing_ok=True)
        lock.release()
    return server.exit_code or 0


def _listen(places: HelperPlaces) -> socket.socket:
    """Bind the socket for this user only; what lies there belongs to nobody any more."""
    places.socket.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o177)
    try:
        listener.bind(str(places.socket))
    finally:
        os.umask(umask)
    listener.listen(BACKLOG)
    return listener


def _build(
    config: EngineConfig,
    on_progress: Callable[[str], None] | None,
    report: Callable[[str], None],
) -> EngineCore:
    def tell(text: str) -> None:
        report(text)
        if on_progress:
            on_progress(text)

    core = build_core(config, tell)
    if on_progress:
        on_progress("ready")
    return core


def _run(server: HelperServer, ending: _Ending) -> None:
    handlers = {
        number: signal.signal(number, ending.ask)
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        while server.exit_code is None and not ending.is_due():
            server.turn()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


class _Ending:
    """Knows when the helper is to end: asked by a signal, or left alone as an orphan."""

    def __init__(
        self, server: HelperServer, parent_pid: int | None, orphan_timeout_s: float
    ) -> None:
        self._server = server
        self._parent_pid = parent_pid
        self._orphan_timeout_s = orphan_timeout_s
        self._needed_s = time.monotonic()
        self._is_asked = False

    def ask(self, number: int, frame: FrameType | None) -> None:
        self._is_asked = True

    def is_due(self) -> bool:
        now = time.monotonic()
        if self._server.n_clients or self._parent_pid in (None, os.getppid()):
            self._needed_s = now
        return self._is_asked or now - self._needed_s > self._orphan_timeout_s


def main() -> None:
    """Serve with the command line's config; end at once, whatever a thread still loads."""
    logging.basicConfig(
        level=logging.WARNING, format="engine: %(levelname)s %(message)s"
    )
    code = serve(EngineConfig.from_json(sys.argv[1]), int(sys.argv[2]))
    logging.shutdown()
    os._exit(code)


if __name__ == "__main__":
    main()
