"""A model hub on the loopback: answers what huggingface_hub asks of the real one."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves the folders OWNER/NAME under `root`; `asked` holds (method, path)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[tuple[str, str]] = []
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def files_fetched(self) -> set[str]:
        """Return the names of the files whose content was asked for."""
        return {
            path.rsplit("/", 1)[-1] for method, path in self.asked if method == "GET"
        }


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self) -> None:
        path = urlsplit(self.path).path
        self.hub.asked.append((self.command, path))
        parts = path.strip("/").split("/")
        is_api = parts[:2] == ["api", "models"]
        repo = self.hub.root.joinpath(*(parts[2:4] if is_api else parts[:2]))
        if not repo.is_dir():
            self._refuse(401, "RepoNotFound")  # as the hub says to those it knows not
        elif is_api:
            self._send_api(repo, parts[4:])
        elif parts[2:3] == ["resolve"] and len(parts) == 5:
            self._send_file(repo / parts[4])
        else:
            self._refuse(404, "EntryNotFound")

    def _send_api(self, repo: Path, rest: list[str]) -> None:
        files = sorted(path for path in repo.iterdir() if path.is_file())
        if rest[:1] in ([], ["revision"]):
            siblings = [{"rfilename": path.name} for path in files]
            name = f"{repo.parent.name}/{repo.name}"
            told = {"id": name, "sha": COMMIT, "private": False, "siblings": siblings}
            self._send(200, json.dumps(told).encode())
        elif rest[:1] == ["tree"] and len(rest) == 2:
            tree = [
                {
                    "type": "file",
                    "path": path.name,
                    "size": path.stat().st_size,
                    "oid": _etag(path),
                }
                for path in files
            ]
            self._send(200, json.dumps(tree).encode())
        else:
            self._refuse(404, "EntryNotFound")

    def _send_file(self, path: Path) -> None:
        if path.is_file():
            self._send(200, path.read_bytes(), ETag=f'"{_etag(path)}"')
        else:
            self._refuse(404, "EntryNotFound")

    def _refuse(self, status: int, code: str) -> None:
        self._send(status, b"{}", **{"X-Error-Code": code, "X-Error-Message": code})

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("X-Repo-Commit", COMMIT)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)


def _etag(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()
