"""What one event costs in the channel layer, beside Channels' own, against people present.

    python -m benchmarks.layer [--rounds N]

Each person has a socket in two groups of their own; an event goes to one of them and is
received. CPU time of this process, in blocks A B, B A; ratios with an interval.
"""

from __future__ import annotations

import argparse
import asyncio
import time

from channels.layers import InMemoryChannelLayer

from benchmarks.ratios import orders, ratio_of
from emochat.layers import LocalChannelLayer

LAYERS = {"emochat": LocalChannelLayer, "Channels": InMemoryChannelLayer}
N_PEOPLE = (1, 16, 128, 512)
N_EVENTS = 2_000
FRAME = {"type": "conversation.event", "frame": {"type": "reply.delta", "text": "word"}}


async def events_ms(kind: type[InMemoryChannelLayer], n_people: int) -> float:
    """Return CPU-ms an event."""
    layer = kind(capacity=500)
    names = [await layer.new_channel() for _ in range(n_people)]
    for n, name in enumerate(names):
        await layer.group_add(f"person.{n}", name)
        await layer.group_add(f"conversation.{n}", name)
    waiting = {n: asyncio.create_task(layer.receive(c)) for n, c in enumerate(names)}
    await asyncio.sleep(0)
    start_s = time.process_time()
    for event in range(N_EVENTS):
        n = event % n_people
        await layer.group_send(f"conversation.{n}", FRAME)
        await waiting[n]
        waiting[n] = asyncio.create_task(layer.receive(names[n]))
    spent_s = time.process_time() - start_s
    for task in waiting.values():
        task.cancel()
    return spent_s * 1000 / N_EVENTS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.layer")
    parser.add_argument("--rounds", type=int, default=12)
    rounds = parser.parse_args().rounds
    print("| people | emochat / Channels, CPU an event |\n| ---: | --- |")
    for n_people in N_PEOPLE:
        found: dict[str, list[float]] = {name: [] for name in LAYERS}
        for order in orders(tuple(LAYERS), rounds):
            for name in order:
                found[name].append(asyncio.run(events_ms(LAYERS[name], n_people)))
        print(f"| {n_people} | {ratio_of(*found.values())} |", flush=True)


if __name__ == "__main__":
    main()
