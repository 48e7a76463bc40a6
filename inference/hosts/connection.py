"""One client of the helper, as the helper's loop sees it; nothing here ever blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.hosts.wire import Frame, FrameReader, WireError, pack

if TYPE_CHECKING:
    import socket

READ_BYTES = 2**16
MAX_UNSENT_BYTES = 8 * 2**20


class Connection:
    """One client: its socket, what it has not read yet, the requests it has open."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        sock.setblocking(False)
        self.socket = sock
        self.number = number
        self.reader = FrameReader()
        self.unsent = bytearray()
        self.open_ids: set[str] = set()
        self.is_lost = False

    def engine_id(self, request_id: str) -> str:
        """Return the id inside the engine, so that two clients may use the same one."""
        return f"{self.number}/{request_id}"

    def read(self) -> list[Frame]:
        """Return the frames that have come; note if the client has gone."""
        try:
            chunk = self.socket.recv(READ_BYTES)
            self.is_lost = self.is_lost or not chunk
            return list(self.reader.feed(chunk))
        except BlockingIOError:
            return []
        except (OSError, WireError):
            self.is_lost = True
            return []

    def send(self, frame: Frame) -> None:
        self.unsent += pack(frame)
        self.flush()

    def flush(self) -> None:
        """Write what the socket takes; a client that never reads is let go."""
        try:
            while self.unsent:
                del self.unsent[: self.socket.send(self.unsent)]
        except BlockingIOError:
            self.is_lost = self.is_lost or len(self.unsent) > MAX_UNSENT_BYTES
        except OSError:
            self.is_lost = True
