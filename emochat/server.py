"""Daphne, with what its stock server leaves out (docs/decisions/0003).

It closes every socket with 1012 and lets running replies end when it is asked to
stop, answers a message that is too big with 1009, and bounds what a client that does
not read may hold in our memory.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING, Any

from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer, reactor

from chat import runtime
from inference.errors import InferenceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.types import EngineClient

logger = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 1024 * 1024
MAX_UNREAD_BYTES = 1024 * 1024
DRAIN_S = 20.0
CLOSE_NORMAL = 1000
CLOSE_RESTART = 1012
CLOSE_SLOW = 4408


def n_unread(transport: Any) -> int:
    """Bytes that neither the client nor the kernel has taken off us yet."""
    n_waiting: int = len(transport.dataBuffer) - transport.offset
    return n_waiting + int(transport._tempDataLen)


def _is_event_stream(protocol: Any) -> bool:
    kinds = protocol.responseHeaders.getRawHeaders(b"content-type", [b""])
    return bool(kinds[0].startswith(b"text/event-stream"))


class BoundedProtocol(WebSocketProtocol):
    """Drops a client once more than MAX_UNREAD_BYTES wait for it to read."""

    def onOpen(self) -> None:
        self.transport.unregisterProducer()  # the HTTP channel's, from the upgrade
        super().onOpen()

    def serverClose(self, code: int | None = None) -> None:
        """As Daphne's, but with 1012 and 1013 too, which autobahn's check refuses."""
        self.sendCloseFrame(code=code or CLOSE_NORMAL, isReply=False)

    def serverSend(self, content: Any, binary: bool = False) -> None:
        """Looks before it sends, so that one long snapshot never drops anybody."""
        if n_unread(self.transport) > MAX_UNREAD_BYTES:
            logger.warning("a socket that does not read is dropped")
            self.serverClose(code=CLOSE_SLOW)
            self.transport.abortConnection()
            return
        if self.state == self.STATE_OPEN:  # one that is closing raises
            super().serverSend(content, binary)


class DrainingServer(Server):
    """Serves the application together with the turns of this process."""

    def __init__(
        self,
        application: Any,
        engine: EngineClient,
        on_ready: Callable[[], None],
        **options: Any,
    ) -> None:
        super().__init__(
            application,
            signal_handlers=False,
            websocket_max_message_size=MAX_MESSAGE_BYTES,
            websocket_max_frame_size=MAX_MESSAGE_BYTES,
            **options,
        )
        self.engine = engine
        self.on_ready = on_ready
        self._ports: list[Any] = []
        self._stopping: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """As Daphne's; a listener that does not read its events is dropped."""
        if message.get("more_body") and _is_event_stream(protocol):
            transport = protocol.channel and protocol.channel.transport
            if transport and n_unread(transport) > MAX_UNREAD_BYTES:
                logger.warning("a listener that does not read is dropped")
                transport.abortConnection()
                return
        await super().handle_reply(protocol, message)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)

    def run(self) -> None:
        reactor.callWhenRunning(self._prepare)
        super().run()

    def _prepare(self) -> None:
        self.ws_factory.protocol = BoundedProtocol
        self.ws_factory.setProtocolOptions(failByDrop=False)
        loop = asyncio.get_event_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ask_to_stop)
        self._starting = loop.create_task(self._start())

    async def _start(self) -> None:
        """History is readable and people are let in while the engine still warms up."""
        runtime.start(self.engine)
        try:
            await self.engine.start()
        except InferenceError as error:  # it goes on trying
            logger.error("people come in without an engine: %s", error)
        self.on_ready()

    def _ask_to_stop(self) -> None:
        """The first signal drains; a second one does not wait."""
        if self._stopping is not None:
            reactor.stop()  # type: ignore[misc]  # its stubs lack self
            return
        self._stopping = asyncio.get_event_loop().create_task(self._shut_down())

    async def _shut_down(self) -> None:
        """Take nobody new, close the sockets, let running replies end, stop."""
        logger.info("draining")
        if self._starting:
            self._starting.cancel()
        try:
            self._turn_away()
            await runtime.stop(DRAIN_S)
            await asyncio.sleep(0.2)  # for the close frames to be answered
        except Exception:  # whatever breaks, we were asked to stop
            logger.exception("draining failed")
        finally:
            reactor.stop()  # type: ignore[misc]  # its stubs lack self

    def _turn_away(self) -> None:
        for port in self._ports:
            port.stopListening()
        for protocol in list(self.connections):
            if getattr(protocol, "state", None) == WebSocketProtocol.STATE_OPEN:
                protocol.serverClose(code=CLOSE_RESTART)

    def kill_all_applications(self) -> Any:
        """As Daphne's, which fails where a connection's application is gone already."""
        found = (d.get("application_instance") for d in self.connections.values())
        running = [task for task in found if task is not None and not task.done()]
        for task in running:
            task.cancel()
        ended = asyncio.gather(*running, return_exceptions=True)
        return defer.Deferred.fromFuture(ended)
