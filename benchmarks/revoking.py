"""How long does what is open outlive its session?

    python -m benchmarks.revoking [--people 50] [--write]

Each person holds a socket and an event stream open with one session, and signs out: taken is
the time from the request's start until each of the two is closed. `--write` puts the figures
into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect

from benchmarks.marks import put
from tests.api.app import App
from tests.api.sse import listening
from tests.api.test_events import sign_out
from tests.faults.cluster import Cluster
from tests.server import LiveServer
from tests.wire import Client

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tests.api.sse import Listener

HEAD = "| closed after a sign-out | median | slowest |\n| --- | ---: | ---: |"


async def revoked(server: LiveServer, app: App) -> tuple[float, float]:
    """Return the seconds until the socket and until the event stream is closed."""
    where = await asyncio.to_thread(app.new_conversation)
    header = {"X-Session-Token": app.token}
    async with (
        connect(server.ws_url, additional_headers=header) as socket,
        listening(server, where, app.token) as listener,
    ):
        client = Client(socket)
        await client.wait(lambda frame: frame["type"] == "ready")
        async for frame in listener:
            if frame["type"] == "snapshot":
                break
        started = time.perf_counter()
        closed_at = asyncio.gather(
            seconds_until(socket.wait_closed(), started),
            seconds_until(to_the_end(listener), started),
        )
        await asyncio.to_thread(sign_out, app)
        of_socket, of_stream = await closed_at
        client._reader.cancel()
    return of_socket, of_stream


async def seconds_until(end: Awaitable[None], started: float) -> float:
    await end
    return time.perf_counter() - started


async def to_the_end(listener: Listener) -> None:
    async for _ in listener:
        pass


async def measure(server: LiveServer, n_people: int) -> str:
    apps = [App.of(server, person) for person in server.people(n_people)]
    await asyncio.to_thread(apps[0].said, apps[0].new_conversation())  # all is warm
    times = [await revoked(server, app) for app in apps]
    rows = zip(("a socket", "an event stream"), zip(*times, strict=True), strict=True)
    return "\n".join(
        f"| {name} | {1000 * statistics.median(seconds):.0f} ms"
        f" | {1000 * max(seconds):.0f} ms |"
        for name, seconds in rows
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.revoking")
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with Cluster() as cluster:
        server = LiveServer(cluster.socket_dir, cluster.folder / "server").start()
        table = f"{HEAD}\n{asyncio.run(measure(server, options.people))}"
        server.stop()
    print(table)
    if options.write:
        put("revoking", table)


if __name__ == "__main__":
    main()
