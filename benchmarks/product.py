"""The whole product under people who write, over real sockets, against `manage.py serve`.

    python -m benchmarks.product [--quick] [--out FOLDER]

1, 16, 64 and 128 people, each sending every 15 s at random times; then as much as it can
take, beside three times that. The method is in docs/benchmarks.md.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks import product_report
from benchmarks.costs import Costs, spent_ms
from benchmarks.load import arrival_times
from benchmarks.messages import texts
from benchmarks.part import run_part, started
from benchmarks.people import open_pages
from benchmarks.probed_server import FILE, read_lags
from benchmarks.processes import Meter
from benchmarks.ratios import orders
from benchmarks.waits import of_messages, replies_a_second, spread
from tests.faults.invariants import in_database
from tests.server import LiveServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.people import Told, Writer
    from tests.faults.cluster import Cluster
    from tests.server import Person

SEED = 11
GAP_S = 15.0
ALONE_GAP_S = 1.0  # else one person alone would send three messages
OVERLOAD = 3.0
LOST_AFTER_S = 90.0
RAMP_S = 2.0  # at both ends of a stretch nothing is counted for goodput


class ProbedServer(LiveServer):
    COMMAND = ("-m", "benchmarks.probed_server")


@dataclass(frozen=True, slots=True)
class Plan:
    """People at a time, and how long each stretch is.

    `n_pushing` find the capacity; `n_rounds` times it is measured again, and overload
    beside it.
    """

    n_people: tuple[int, ...]
    level_s: float
    n_pushing: tuple[int, ...]
    push_s: float
    n_overloading: int
    n_rounds: int = 6


FULL = Plan((1, 16, 64, 128), 40.0, (16, 32, 60), 14.0, 128)
QUICK = Plan((1, 4), 5.0, (4,), 6.0, 8, n_rounds=1)


@dataclass(slots=True)
class Product:
    """A running server, its people, and what to read its costs from."""

    server: LiveServer
    cluster: Cluster
    costs: Costs
    people: Sequence[Person]

    async def level(self, n_people: int, seconds: float) -> dict[str, Any]:
        """Let so many people write for so long, each at random times of their own."""
        gap_s = ALONE_GAP_S if n_people == 1 else GAP_S
        async with open_pages(self.server, self.people[:n_people]) as writers:
            gauge = Gauge(self)
            await asyncio.gather(
                *(
                    write_now_and_then(writer, gap_s, seconds, f"{SEED}-{n_people}-{n}")
                    for n, writer in enumerate(writers)
                )
            )
            told = [one for writer in writers for one in writer.told.values()]
            await all_over(told)
            figures = gauge.read(sum(one.n_finished for one in told))
        return {"n_people": n_people, **of_messages(told), **figures} | self.whole(told)

    async def push(self, n_people: int, seconds: float) -> dict[str, Any]:
        """Let so many people send as soon as they are answered; return the goodput."""
        async with open_pages(self.server, self.people[:n_people]) as writers:
            start_s = time.monotonic()
            ends = (write_without_pause(w, start_s + seconds) for w in writers)
            await asyncio.gather(*ends)
            told = [one for writer in writers for one in writer.told.values()]
            goodput = replies_a_second(told, start_s + RAMP_S, start_s + seconds)
        return {"n_people": n_people, "goodput": goodput, **of_messages(told)}

    async def overload(
        self, rate: float, n_people: int, seconds: float
    ) -> dict[str, Any]:
        """Let messages arrive at this rate, each in a new conversation, come what may."""
        async with open_pages(self.server, self.people[:n_people]) as writers:
            gauge, start_s = Gauge(self), time.monotonic()
            draw, every = random.Random(SEED), texts()
            for at_s in arrival_times(round(rate * seconds), rate, SEED):
                await asyncio.sleep(start_s + at_s - time.monotonic())
                await draw.choice(writers).say(draw.choice(every))
            end_s = time.monotonic()
            told = [one for writer in writers for one in writer.told.values()]
            await all_over(told)
            figures = gauge.read(sum(one.n_finished for one in told))
            goodput = replies_a_second(told, start_s + RAMP_S, end_s)
        offered = len(told) / (end_s - start_s)
        found = {"rate": offered, "goodput": goodput, **of_messages(told), **figures}
        return found | self.whole(told)

    def whole(self, told: Sequence[Told]) -> dict[str, Any]:
        """Return what was lost, doubled, or is wrong in the database."""
        acked = [one for one in told if one.ack_s is not None]
        with self.server.database() as database:
            wrong = in_database(database, [one.id for one in acked])
        unanswered = [one for one in told if one.ack_s is None and not one.error]
        return {
            "n_lost": sum(not one.n_finished for one in acked) + len(unanswered),
            "n_doubled": sum(one.n_finished > 1 for one in told),
            "violations": wrong,
        }


class Gauge:
    """Costs and lag of a stretch of time that begins now."""

    def __init__(self, product: Product) -> None:
        self._product = product
        self._start_s = time.monotonic()
        self._before = product.costs.cpu_s()
        self._meter = Meter([product.costs.web_pid, product.costs.postgres_pid])
        self._meter.start()

    def read(self, n_replies: int) -> dict[str, Any]:
        _, others_share = self._meter.stop()
        path = self._product.server.var_dir / FILE
        lags = read_lags(path, self._start_s, time.monotonic())
        costs = self._product.costs
        return {
            "cpu_ms": spent_ms(self._before, costs.cpu_s(), n_replies),
            "memory_mib": costs.memory_mib(),
            "lag_ms": spread(lags),
            "others_share": others_share,
        }


async def write_now_and_then(
    writer: Writer, gap_s: float, seconds: float, seed: str
) -> None:
    """Send at exponential gaps, in one conversation, whatever is still being answered."""
    draw, every = random.Random(seed), texts()
    end_s, conversation = time.monotonic() + seconds, None
    while True:
        wait_s = draw.expovariate(1 / gap_s)
        await asyncio.sleep(max(0.0, min(wait_s, end_s - time.monotonic())))
        if time.monotonic() >= end_s:
            return
        if conversation is None:  # a new one's second message waits for the first ack
            conversation = (await writer.ask(draw.choice(every))).conversation or None
        else:
            await writer.say(draw.choice(every), conversation)


async def write_without_pause(writer: Writer, end_s: float) -> None:
    draw, every = random.Random(SEED), texts()
    while time.monotonic() < end_s:
        told = await writer.ask(draw.choice(every))
        if told.error:
            await asyncio.sleep(0.5)


async def all_over(told: Sequence[Told]) -> None:
    """Wait until each message has its answer, longer than five attempts at it take."""
    waits = [asyncio.create_task(one.over.wait()) for one in told]
    if waits:
        _, pending = await asyncio.wait(waits, timeout=LOST_AFTER_S)
        for task in pending:
            task.cancel()


async def measure(product: Product, plan: Plan) -> dict[str, Any]:
    levels, pushes = [], []
    for n_people in plan.n_people:
        levels.append(await product.level(n_people, plan.level_s))
        print(product_report.level_line(levels[-1]), flush=True)
    for n_people in plan.n_pushing:
        pushes.append(await product.push(n_people, plan.push_s))
        print(f"{n_people} pushing: {pushes[-1]['goodput']:.1f} replies/s", flush=True)
    best = max(pushes, key=lambda push: push["goodput"])["n_people"]
    # Anew: the best of some measurements is more than the capacity.
    capacity = (await product.push(best, plan.push_s))["goodput"]
    rate = OVERLOAD * max(capacity, 1.0)
    names = orders(["push", "overload"], plan.n_rounds)
    rounds = [await one_round(product, plan, best, rate, order) for order in names]
    return {"levels": levels, "pushes": pushes, "rounds": rounds}


async def one_round(
    product: Product, plan: Plan, n_people: int, rate: float, order: Sequence[str]
) -> dict[str, Any]:
    """Measure the capacity and that rate, one right after the other."""
    found = {}
    for name in order:
        start_s, before_s = time.monotonic(), time.process_time()
        if name == "push":
            found[name] = await product.push(n_people, plan.push_s)
        else:
            found[name] = await product.overload(rate, plan.n_overloading, plan.push_s)
        clients_s = time.process_time() - before_s
        found[name]["clients_cores"] = clients_s / (time.monotonic() - start_s)
    print(product_report.round_line(found), flush=True)
    return found


def run(plan: Plan) -> dict[str, Any]:
    n_people = max(*plan.n_people, *plan.n_pushing, plan.n_overloading)
    with started("product", ProbedServer) as (server, cluster):
        costs = Costs.of(server, cluster)
        product = Product(server, cluster, costs, server.people(n_people))
        return asyncio.run(measure(product, plan))


def main(arguments: Sequence[str] | None = None) -> None:
    run_part(
        "product",
        lambda is_quick: run(QUICK if is_quick else FULL),
        product_report.write,
        arguments,
    )


if __name__ == "__main__":
    main()
