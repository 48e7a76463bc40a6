"""The clients' side of a peer: each is used like emochat's own `EngineClient`."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchmarks.peers.http import fields_of
from inference.hosts.client import HostClient
from inference.hosts.wire import FrameReader, Update, pack
from inference.types import (
    Classified,
    ClassifyRequest,
    Delta,
    Finished,
    GenerateRequest,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import aiohttp

    from inference.types import Request

READ_BYTES = 2**16


class WireClient(HostClient):
    """Speaks to `benchmarks.peers.server`; cancelling is left out, as is supervision."""

    def __init__(self, socket: Path) -> None:
        super().__init__()
        self._socket = socket
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._warm = asyncio.Event()

    async def start(self) -> None:
        reader, self._writer = await asyncio.open_unix_connection(self._socket)
        self._reading = asyncio.create_task(self._read(reader))
        await self._warm.wait()

    async def close(self) -> None:
        if self._writer:
            self._writer.close()
        if self._reading:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    async def _read(self, reader: asyncio.StreamReader) -> None:
        frames = FrameReader()
        while chunk := await reader.read(READ_BYTES):
            for frame in frames.feed(chunk):
                if isinstance(frame, Update):
                    self._take(frame)
        self._lose("The peer is gone.")

    def _take(self, update: Update) -> None:
        if update.stats:
            self._stats, self._is_ready = update.stats, True
            self._warm.set()
        self._deliver(update.events)

    def _submit(self, request: Request) -> None:
        if self._writer:
            self._writer.write(pack(request))

    def _cancel(self, request_id: str) -> None:
        """No peer can be told to stop."""


class HttpClient:
    """Speaks to LitServe and Ray Serve: lines of JSON for a reply, one for a reading."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
        )

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def generate(
        self, request: GenerateRequest
    ) -> AsyncIterator[Delta | Finished]:
        n_pieces = 0
        async with self._post("/reply", fields_of(request)) as response:
            response.raise_for_status()
            async for line in response.content:
                if text := _text_of(line):
                    n_pieces += 1
                    yield Delta(request.id, text)
        yield Finished(request.id, "length", n_pieces, "", 0)

    async def classify(self, request: ClassifyRequest) -> Classified:
        async with self._post("/classify", {"text": request.text}) as response:
            response.raise_for_status()
            scores = (await response.json())["scores"]
        return Classified(request.id, max(scores, key=scores.get), scores, "", 0)

    def _post(self, path: str, fields: dict[str, Any]) -> Any:
        if self._session is None:
            raise RuntimeError("The client is not started.")
        return self._session.post(self._url + path, json=fields)


def _text_of(line: bytes) -> str:
    return str(json.loads(line)["text"]) if line.strip() else ""
