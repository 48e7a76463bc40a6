"""What does a listener of events cost, and are 500 of them told?

    python -m benchmarks.listeners [--listeners 500] [--write]

Opens that many event streams on one web process, 50 to a person's conversation, and takes
the process's memory before and after. Then a message is sent in each conversation: every
listener must see the reply's end. Counts threads too: a listener holds none. `--write` puts
the figures into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import psutil

from benchmarks.marks import put
from tests.api.app import App
from tests.api.sse import listening
from tests.faults.cluster import Cluster
from tests.server import LiveServer

if TYPE_CHECKING:
    from tests.api.sse import Listener

N_TO_A_CONVERSATION = 50
SETTLE_S = 3.0


async def until_finished(listener: Listener) -> None:
    async for frame in listener:
        if frame["type"] == "reply.finished":
            return


async def measure(server: LiveServer, n_listeners: int) -> str:
    assert server.process
    process = psutil.Process(server.process.pid)
    apps = [
        App.of(server, p) for p in server.people(n_listeners // N_TO_A_CONVERSATION)
    ]
    places = [await asyncio.to_thread(app.new_conversation) for app in apps]
    for app, where in zip(apps, places, strict=True):  # all is loaded and warm
        await asyncio.to_thread(app.said, where)
    await asyncio.sleep(SETTLE_S)
    rss, n_threads = process.memory_info().rss, process.num_threads()
    async with AsyncExitStack() as stack:
        listeners = [
            await stack.enter_async_context(listening(server, where, app.token))
            for app, where in zip(apps, places, strict=True)
            for _ in range(N_TO_A_CONVERSATION)
        ]
        assert {listener.status for listener in listeners} == {200}
        await asyncio.sleep(SETTLE_S)
        kib = (process.memory_info().rss - rss) / 1024 / len(listeners)
        n_more = process.num_threads() - n_threads
        told = [asyncio.create_task(until_finished(each)) for each in listeners]
        for app, where in zip(apps, places, strict=True):
            await asyncio.to_thread(app.send, where)
        await asyncio.gather(*told)
        peak = (process.memory_info().rss - rss) / 1024 / len(listeners)
    return (
        f"| {len(listeners)} | {kib:.0f} KiB | {peak:.0f} KiB | {n_more} |"
        f" {len(told)} |"
    )


def table(row: str) -> str:
    head = (
        "| listeners | memory of one, idle | after a reply | threads more | told of the"
        " end |\n| --- | --- | --- | --- | --- |"
    )
    return f"{head}\n{row}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listeners")
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with Cluster() as cluster:
        server = LiveServer(
            cluster.socket_dir,
            cluster.folder / "server",
            EMOCHAT_TEST_DECODER="tests.fakes:scripted_generator",
        ).start()
        row = asyncio.run(measure(server, options.listeners))
        server.stop()
    print(table(row))
    if options.write:
        put("listeners", table(row))


if __name__ == "__main__":
    main()
