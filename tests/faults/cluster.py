"""A PostgreSQL of one's own, to be stopped and started under a running server."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Self

from emochat.embedded_postgres.server import get_server


class Cluster:
    """Lives in a short temporary folder: a UNIX socket's path has 107 bytes at most."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="emochat-"))
        self._server = get_server(self.folder / "postgres", cleanup_mode=None)

    @property
    def socket_dir(self) -> Path:
        return Path(self._server.get_postmaster_info().socket_dir)

    @property
    def pid(self) -> int:
        """The process from which all of its others descend."""
        return int(self._server.get_postmaster_info().pid)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """End every connection; what is not committed is undone."""
        self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
