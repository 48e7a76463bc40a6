"""P5: Ray Serve, naively: one replica, `generate` in a thread per request, over HTTP.

python -m benchmarks.peers.ray_serve PLAIN_FOLDER PORT
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ray
from ray import serve
from starlette.responses import JSONResponse, Response, StreamingResponse

from benchmarks.peers.http import request_of
from benchmarks.peers.naive import Naive
from inference.types import ClassifyRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

MAX_ONGOING = 256  # its default of 5 would only make requests wait outside


@serve.deployment(max_ongoing_requests=MAX_ONGOING, ray_actor_options={"num_cpus": 1})
class NaiveReplica:
    def __init__(self, folder: str) -> None:
        self._naive = Naive(Path(folder))

    async def __call__(self, request: Request) -> Response:
        if request.url.path == "/health":
            return Response("ok")
        fields = await request.json()
        if request.url.path == "/reply":
            return StreamingResponse(self._lines(fields), media_type="text/plain")
        asked = ClassifyRequest("", "", fields["text"])
        return JSONResponse({"scores": await self._naive.classify(asked)})

    async def _lines(self, fields: dict[str, Any]) -> AsyncIterator[str]:
        async for text in self._naive.generate(request_of(fields)):
            yield json.dumps({"text": text}) + "\n"


def main(folder: Path, port: int) -> None:
    """Serve until SIGTERM."""
    with tempfile.TemporaryDirectory(prefix="ray-") as place:
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            configure_logging=False,
            _temp_dir=place,
        )
        serve.start(http_options={"host": "127.0.0.1", "port": port})
        serve.run(NaiveReplica.bind(str(folder)), route_prefix="/")
        asyncio.run(_wait())
        serve.shutdown()
        ray.shutdown()


async def _wait() -> None:
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    await ending.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), int(sys.argv[2]))
