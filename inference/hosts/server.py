"""The helper's one loop: read sockets, run a tick, send what came of it.

Sockets and engine share a thread, so a heartbeat proves that the engine moves. Only the
first loading of the models has a thread of its own, so that clients can watch it.
"""

from __future__ import annotations

import logging
import math
import queue
import selectors
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.core import EngineCore
from inference.errors import EngineLost, InferenceError
from inference.failures import failed
from inference.hosts.connection import Connection
from inference.hosts.wire import (
    Bye,
    Cancel,
    Farewell,
    Frame,
    Loading,
    LoadingFailed,
    Update,
)
from inference.types import Delta, Event, Request

if TYPE_CHECKING:
    import socket

logger = logging.getLogger(__name__)

BEAT_S = 0.5
STATS_S = 0.1
FAILURE_TOLD_WITHIN_S = 2.0
LOADING_POLL_S = 0.05

Builder = Callable[[Callable[[str], None]], EngineCore]


class HelperServer:
    """Serves one engine to the clients of a listening socket until `exit_code` is set.

    With `stays_alone` it goes on when the last client has said goodbye.
    """

    def __init__(
        self, listener: socket.socket, build: Builder, *, stays_alone: bool
    ) -> None:
        self.exit_code: int | None = None
        self._stays_alone = stays_alone
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        listener.setblocking(False)
        self._connections: dict[int, Connection] = {}
        self._n_connections = 0
        self._core: EngineCore | None = None
        self._progress = "starting…"
        self._failure = ""
        self._fail_by_s = math.inf
        self._loaded: queue.SimpleQueue[str | EngineCore | Exception] = (
            queue.SimpleQueue()
        )
        self._last_beat_s, self._was_busy = 0.0, False
        threading.Thread(target=self._load, args=(build,), daemon=True).start()

    @property
    def n_clients(self) -> int:
        return sum(not connection.is_lost for connection in self._connections.values())

    def turn(self) -> None:
        """Do one round: sockets, a tick if there is work, a heartbeat if it is time."""
        for key, _ in self._selector.select(self._wait_s()):
            if key.data is None:
                self._accept()
            else:
                self._read(key.data)
        self._take_loaded()
        if self._core and self._core.has_work:
            self._send_events(self._core.tick(time.monotonic()))
        self._beat()
        self._drop_lost()
        if self._failure and (self._connections or time.monotonic() > self._fail_by_s):
            self.exit_code = 1

    def close(self) -> None:
        """Let go of every client."""
        for connection in self._connections.values():
            connection.socket.close()
        self._connections.clear()
        self._selector.close()

    def _wait_s(self) -> float:
        if self._core is None:
            return LOADING_POLL_S
        return min(self._core.pause_s(time.monotonic()), BEAT_S / 2)

    def _load(self, build: Builder) -> None:
        try:
            self._loaded.put(build(self._loaded.put))
        except Exception as error:
            logger.exception("the engine cannot start")
            self._loaded.put(error)

    def _take_loaded(self) -> None:
        while self._core is None and not self._loaded.empty():
            news = self._loaded.get()
            if isinstance(news, EngineCore):
                self._core = news
            elif isinstance(news, Exception):
                self._failure = str(news) or type(news).__name__
                self._fail_by_s = time.monotonic() + FAILURE_TOLD_WITHIN_S
            else:
                self._progress = news
            self._last_beat_s = 0.0

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:  # it has gone again, or we have no file descriptor left
            return
        self._n_connections += 1
        connection = Connection(sock, self._n_connections)
        self._connections[connection.number] = connection
        self._selector.register(sock, selectors.EVENT_READ, connection)
        connection.send(self._state())

    def _state(self) -> Frame:
        if self._failure:
            return LoadingFailed(self._failure)
        if self._core is None:
            return Loading(self._progress)
        return Update(stats=self._core.stats(time.monotonic()))

    def _read(self, connection: Connection) -> None:
        for frame in connection.read():
            if isinstance(frame, Request):
                self._submit(connection, frame)
            elif isinstance(frame, Cancel) and self._core:
                self._core.cancel(connection.engine_id(frame.id))
            elif isinstance(frame, Bye):
                self._say_farewell(connection)

    def _submit(self, connection: Connection, request: Request) -> None:
        own = replace(request, id=connection.engine_id(request.id))
        try:
            if self._core is None:
                raise EngineLost("The engine is still starting.")
            self._core.submit(own, time.monotonic())
            connection.open_ids.add(own.id)
        except InferenceError as error:
            connection.send(Update((failed(request.id, error),)))

    def _say_farewell(self, connection: Connection) -> None:
        connection.is_lost = True
        is_ending = not self.n_clients and not self._stays_alone
        connection.send(Farewell(is_ending))
        if is_ending:
            self.exit_code = 0

    def _send_events(self, events: list[Event]) -> None:
        """Send each client its own events of this tick, in one frame."""
        by_client: dict[int, list[Event]] = {}
        for event in events:
            number, _, request_id = event.id.partition("/")
            connection = self._connections.get(int(number))
            if connection is None:
                continue
            if not isinstance(event, Delta):
                connection.open_ids.discard(event.id)
            own = replace(event, id=request_id)
            by_client.setdefault(connection.number, []).append(own)
        for connection_number, own_events in by_client.items():
            self._connections[connection_number].send(Update(tuple(own_events)))

    def _beat(self) -> None:
        """Tell everybody how we are: often while busy, now and then while idle."""
        now = time.monotonic()
        is_busy = self._core is not None and self._core.has_work
        interval_s = STATS_S if is_busy or self._was_busy else BEAT_S
        if now >= self._last_beat_s + interval_s:
            self._last_beat_s, self._was_busy = now, is_busy
            self._broadcast(self._state())

    def _broadcast(self, frame: Frame) -> None:
        for connection in self._connections.values():
            connection.send(frame)

    def _drop_lost(self) -> None:
        """Forget clients that have gone, and end what they had asked for."""
        for connection in list(self._connections.values()):
            connection.flush()
            if connection.is_lost:
                del self._connections[connection.number]
                self._selector.unregister(connection.socket)
                connection.socket.close()
                for engine_id in connection.open_ids:
                    if self._core:
                        self._core.cancel(engine_id)
