"""What it costs a socket to take an event, beside Channels' own loop.

    python -m benchmarks.dispatch [--rounds N]

Events come in turn from the person and from the channel layer, each when the one before
has been handled; the handler does nothing else. CPU time of this process, in blocks A B,
B A; a ratio with an interval.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

import django

from benchmarks.ratios import orders, ratio_of

if TYPE_CHECKING:
    from channels.consumer import AsyncConsumer

N_EVENTS = 4_000
EVENT = {"type": "conversation.event"}


def sockets() -> dict[str, type[AsyncConsumer]]:
    """Both loops under the same handler. Our models need Django to be ready."""
    from channels.consumer import AsyncConsumer
    from channels.exceptions import StopConsumer

    from chat.socket import FrameSocket

    class Handler:
        handled: asyncio.Event

        async def dispatch(self, message: dict[str, Any]) -> None:
            if message["type"] == "websocket.disconnect":
                raise StopConsumer
            self.handled.set()

    return {
        "emochat": type("Ours", (Handler, FrameSocket), {}),
        "Channels": type("Theirs", (Handler, AsyncConsumer), {}),
    }


async def event_ms(kind: type[AsyncConsumer]) -> float:
    """Return CPU-ms an event."""
    from_person: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    socket: Any = kind()
    socket.handled = asyncio.Event()
    life = asyncio.create_task(socket({}, from_person.get, from_person.put))
    await asyncio.sleep(0.01)
    start_s = time.process_time()
    for n in range(N_EVENTS):
        if n % 2:
            await socket.channel_layer.send(socket.channel_name, EVENT)
        else:
            from_person.put_nowait(EVENT)
        await socket.handled.wait()
        socket.handled.clear()
    spent_s = time.process_time() - start_s
    from_person.put_nowait({"type": "websocket.disconnect"})
    await life
    return spent_s * 1000 / N_EVENTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dispatch")
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emochat.settings")
    django.setup()
    found: dict[str, list[float]] = {name: [] for name in sockets()}
    for order in orders(tuple(found), rounds):
        for name in order:
            found[name].append(asyncio.run(event_ms(sockets()[name])))
    for name, costs_ms in found.items():
        print(f"{name}: {min(costs_ms) * 1000:.0f} µs an event at best")
    print(f"emochat / Channels: {ratio_of(*found.values())}")


if __name__ == "__main__":
    main()
