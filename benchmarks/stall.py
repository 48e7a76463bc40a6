"""Does one person's slow query make another person wait?

    python -m benchmarks.stall [--rounds 20] [--write]

Alice's message takes 2 s to store (a trigger in the benchmark's own database sleeps).
Meanwhile Bob's pings and Charlie's messages are timed, each on a socket of their own.
Rounds with and without the slow query alternate, on the product and, beside it, on the
same product with Channels' defaults (benchmarks/stock_consumer.py). `--write` puts the
table into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks.marks import put
from tests.faults.cluster import Cluster
from tests.server import LiveServer
from tests.wire import Client, open_socket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SLOW_S = 2.0
LEAD_S = 0.1  # until the slow query surely runs
GAPS_S = {"ping to pong": 0.05, "send to ack": 0.4}
MAX_ADDED_MS = 50
SLOW_QUERY = f"""
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep({SLOW_S}); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON chat_message
        FOR EACH ROW WHEN (NEW.text = 'slow') EXECUTE FUNCTION slow();
"""

Times = dict[tuple[str, str, bool], list[list[float]]]


class StockServer(LiveServer):
    COMMAND = ("-m", "benchmarks.stock_consumer")


async def measure(servers: dict[str, LiveServer], n_rounds: int) -> Times:
    """Return ms by (server, what, with the slow query), one list for each round."""
    times: Times = defaultdict(list)
    for n_round in range(n_rounds):
        cases = [(name, is_slow) for name in servers for is_slow in (False, True)]
        random.shuffle(cases)
        for name, is_slow in cases:
            for what, ms in (await one_round(servers[name], is_slow)).items():
                times[name, what, is_slow].append(ms)
        print(f"round {n_round + 1} of {n_rounds}", flush=True)
    return times


async def one_round(server: LiveServer, is_slow: bool) -> dict[str, list[float]]:
    alice, bob, charlie = server.cast
    async with (
        open_socket(server, alice) as hers,
        open_socket(server, bob) as his,
        open_socket(server, charlie) as charlies,
    ):
        for client in (hers, his, charlies):
            await client.wait(lambda frame: frame["type"] == "ready")
        text = "slow" if is_slow else "quick"
        end_s = time.monotonic() + LEAD_S + SLOW_S
        sending = asyncio.create_task(hers.say(text))
        await asyncio.sleep(LEAD_S)
        pings, sends = await asyncio.gather(
            timed(lambda: ping(his), GAPS_S["ping to pong"], end_s),
            timed(lambda: say(charlies), GAPS_S["send to ack"], end_s),
        )
        assert (await sending)["type"] == "ack"
        return {"ping to pong": pings, "send to ack": sends}


async def timed(
    ask: Callable[[], Awaitable[None]], gap_s: float, end_s: float
) -> list[float]:
    """Ask again and again while the slow query runs; return the ms of each answer."""
    times = []
    while time.monotonic() < end_s - gap_s:
        start_s = time.perf_counter()
        await ask()
        times.append((time.perf_counter() - start_s) * 1000)
        await asyncio.sleep(gap_s)
    return times


async def ping(client: Client) -> None:
    assert (await client.answer(type="ping"))["type"] == "pong"


async def say(client: Client) -> None:
    assert (await client.say("I am happy"))["type"] == "ack"


def table(times: Times) -> str:
    lines = [
        "| server | what | without: median, p95 (ms) | with: median, p95 (ms) |"
        " added at the median (ms) | ratio of medians, by round: median [quartiles] |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, what in sorted({(name, what) for name, what, _ in times}, reverse=True):
        without, with_it = times[name, what, False], times[name, what, True]
        added = median_of(with_it) - median_of(without)
        ratios = [
            statistics.median(b) / statistics.median(a)
            for a, b in zip(without, with_it, strict=True)
        ]
        low, mid, high = statistics.quantiles(ratios, n=4)
        lines.append(
            f"| {name} | {what} | {shown(without)} | {shown(with_it)} | {added:.1f} |"
            f" {mid:.2f} [{low:.2f}, {high:.2f}] |"
        )
    return "\n".join(lines)


def median_of(rounds: list[list[float]]) -> float:
    return statistics.median(ms for one in rounds for ms in one)


def shown(rounds: list[list[float]]) -> str:
    every = [ms for one in rounds for ms in one]
    p95 = statistics.quantiles(every, n=20)[-1]
    return f"{statistics.median(every):.1f}, {p95:.1f} (n = {len(every)})"


def start(kind: type[LiveServer], cluster: Cluster, name: str) -> LiveServer:
    server = kind(cluster.socket_dir, cluster.folder / name).start()
    with server.database() as database:
        database.execute(SLOW_QUERY)
    server.cast = server.people(3)
    return server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stall")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    with Cluster() as cluster:
        servers = {
            "emochat": start(LiveServer, cluster, "ours"),
            "Channels' defaults": start(StockServer, cluster, "stock"),
        }
        times = asyncio.run(measure(servers, options.rounds))
        for server in servers.values():
            server.stop()
    text = table(times)
    print(text)
    if options.write:
        today = datetime.now(UTC).date()
        put("stall", f"Measured on {today}, {options.rounds} rounds of each.\n\n{text}")
    for what in GAPS_S:
        with_it, without = times["emochat", what, True], times["emochat", what, False]
        added = median_of(with_it) - median_of(without)
        assert added <= MAX_ADDED_MS, f"{what}: {added:.0f} ms more"


if __name__ == "__main__":
    main()
