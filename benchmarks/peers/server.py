"""Serve a peer over a UNIX socket, in the frames of emochat's own helper.

    python -m benchmarks.peers.server PEER PLAIN_FOLDER SOCKET

So that a peer that is a library is reached the way our engine is, and pays no other
transport. Like our helper it sends all that came together in one frame.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from inference.hosts.wire import FrameReader, Update, pack
from inference.types import (
    Classified,
    ClassifyRequest,
    Delta,
    EngineStats,
    Event,
    Failed,
    Finished,
    GenerateRequest,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

READ_BYTES = 2**16
PEERS = {
    "naive": "benchmarks.peers.naive:Naive",
    "gang": "benchmarks.peers.gang:TorchGang",
    "ctranslate2-int8": "benchmarks.peers.ctranslate:CTranslate8",
    "ctranslate2-fp32": "benchmarks.peers.ctranslate:CTranslate32",
    "onnxruntime": "benchmarks.peers.onnx:OnnxClassifier",
}


class Peer(Protocol):
    """What a library must be made to do, or the one of the two that it is measured on."""

    def generate(self, request: GenerateRequest) -> AsyncIterator[str]:
        """Yield the reply's text, piece by piece."""
        ...

    async def classify(self, request: ClassifyRequest) -> dict[str, float]:
        """Return the scores by label."""
        ...


def load_peer(name: str, folder: Path) -> Peer:
    module, _, cls = PEERS[name].partition(":")
    peer: Peer = getattr(import_module(module), cls)(folder)
    return peer


class Outbox:
    """Sends what came in one round of the event loop as one frame."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._events: list[Event] = []

    def put(self, event: Event) -> None:
        if not self._events:
            asyncio.get_running_loop().call_soon(self._flush)
        self._events.append(event)

    def _flush(self) -> None:
        events, self._events = tuple(self._events), []
        if not self._writer.is_closing():
            self._writer.write(pack(Update(events)))


class PeerServer:
    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one client until it leaves."""
        writer.write(pack(Update(stats=EngineStats(n_slots=1, max_queued=2**20))))
        outbox, frames = Outbox(writer), FrameReader()
        while chunk := await reader.read(READ_BYTES):
            for frame in frames.feed(chunk):
                if isinstance(frame, ClassifyRequest | GenerateRequest):
                    task = asyncio.create_task(self._answer(frame, outbox))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        writer.close()

    async def _answer(
        self, request: ClassifyRequest | GenerateRequest, outbox: Outbox
    ) -> None:
        started = time.monotonic()
        try:
            if isinstance(request, ClassifyRequest):
                outbox.put(await self._classify(request))
                return
            async for text in self._peer.generate(request):
                outbox.put(Delta(request.id, text))
            took_ms = round((time.monotonic() - started) * 1000)
            end = Finished(request.id, "length", request.max_new_tokens, "", took_ms)
            outbox.put(end)
        except Exception as error:  # noqa: BLE001  (told to the client, who counts it)
            outbox.put(Failed(request.id, "internal", repr(error)))

    async def _classify(self, request: ClassifyRequest) -> Classified:
        scores = await self._peer.classify(request)
        return Classified(
            request.id, max(scores, key=scores.__getitem__), scores, "", 0
        )


async def run(name: str, folder: Path, socket: Path) -> None:
    """Load, and listen once warm, until SIGTERM."""
    peer = load_peer(name, folder)
    server = await asyncio.start_unix_server(PeerServer(peer).serve, socket)
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    async with server:
        await ending.wait()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
    sys.stdout.flush()
