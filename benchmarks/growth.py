"""How cost grows with clients, with a message's length, and with history.

    python -m benchmarks.growth [--quick] [--out FOLDER]

One person writes alone, so that nothing but what grows makes a difference; the sizes take
turns, there and back. The method is in docs/benchmarks.md.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks import growth_report, history
from benchmarks.costs import Costs, spent_ms
from benchmarks.part import run_part, started
from benchmarks.people import Told, Writer, open_pages
from benchmarks.ratios import orders

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tests.server import LiveServer, Person

WORDS = "today was long and I do not know what to think of it all, "
TEXT = "I still do not know what to think of it."
Figures = dict[str, float]
Conversations = dict[int, list[str]]


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes that are compared, and how often; `n_table` messages lie in the table."""

    n_sockets: tuple[int, ...]
    lengths: tuple[int, ...]
    histories: tuple[int, ...]
    n_table: int
    n_each: int
    n_rounds: int
    n_messages: int


FULL = Plan(
    (1, 16, 64, 256),
    (10, 100, 1_000, 4_000),
    (10, 50, 1_000, 100_000),
    1_000_000,
    1_000,
    6,
    5,
)
QUICK = Plan((1, 8), (10, 1_000), (10, 50, 200), 2_000, 200, 2, 2)


@dataclass(slots=True)
class Growth:
    """A running server with one person who writes, and others who only have it open."""

    server: LiveServer
    costs: Costs
    people: Sequence[Person]
    plan: Plan

    async def clients(self) -> dict[int, list[Figures]]:
        """One writes, so many have the page open."""
        found = {}
        for n_sockets in self.plan.n_sockets:
            async with open_pages(self.server, self.people[:n_sockets]) as writers:
                rounds = [await self.messages(writers[0], TEXT) for _ in range(2)]
                memory = self.costs.memory_mib()
                found[n_sockets] = [r | {"web_mib": memory["web"]} for r in rounds]
        return found

    async def lengths(self) -> dict[int, list[Figures]]:
        async with open_pages(self.server, self.people[:1]) as (writer,):

            async def measure(length: int) -> Figures:
                return await self.messages(writer, text_of(length))

            return await self.in_turn(self.plan.lengths, measure)

    async def histories(self, made: Conversations) -> dict[int, list[Figures]]:
        """Open a conversation of each size and write into it."""
        unused = {
            n: itertools.cycle(conversations) for n, conversations in made.items()
        }

        async def measure(n: int) -> Figures:
            conversation = next(unused[n])
            opened = await self.openings(conversation)
            async with open_pages(self.server, self.people[:1]) as (writer,):
                return opened | await self.messages(writer, TEXT, conversation)

        return await self.in_turn(list(made), measure)

    async def in_turn(
        self,
        sizes: Sequence[int],
        measure: Callable[[int], Awaitable[Figures]],
    ) -> dict[int, list[Figures]]:
        found: dict[int, list[Figures]] = defaultdict(list)
        for order in orders([str(size) for size in sizes], self.plan.n_rounds):
            for size in map(int, order):
                found[size].append(await measure(size))
        return dict(found)

    async def messages(
        self, writer: Writer, text: str, conversation: str | None = None
    ) -> Figures:
        """Write some, one after the other; return medians of waits and CPU-ms of each."""
        before, told = self.costs.cpu_s(), []
        for _ in range(self.plan.n_messages):
            told.append(await writer.ask(text, conversation))
        cpu_ms = spent_ms(before, self.costs.cpu_s(), len(told))
        return medians(told) | {f"{part}_cpu_ms": ms for part, ms in cpu_ms.items()}

    async def openings(self, conversation: str) -> Figures:
        """Load the page and subscribe, each a few times; return medians and CPU-ms."""
        before, pages, snapshots = self.costs.cpu_s(), [], []
        path = f"/c/{conversation}/"
        cookie = {"sessionid": self.people[0].session_key}
        async with open_pages(self.server, self.people[:1]) as (writer,):
            for _ in range(self.plan.n_messages):
                start_s = time.monotonic()
                page = await asyncio.to_thread(self.server.get, path, cookies=cookie)
                page.raise_for_status()
                pages.append(1000 * (time.monotonic() - start_s))
                snapshots.append(await writer.open(conversation))
        cpu_ms = spent_ms(before, self.costs.cpu_s(), self.plan.n_messages)
        return {
            "page_ms": statistics.median(pages),
            "snapshot_ms": statistics.median(snapshots),
            "open_cpu_ms": cpu_ms["web"] + cpu_ms["postgres"],
        }


def text_of(length: int) -> str:
    return (WORDS * (1 + length // len(WORDS)))[:length].strip().ljust(length, ".")


def medians(told: Sequence[Told]) -> Figures:
    """Return the medians of what came of the messages; one that got no reply is an error."""
    if broken := [one.error or "no reply" for one in told if one.whole_s is None]:
        raise RuntimeError(f"a message was not answered: {broken[0]}")
    return {
        f"{what}_ms": statistics.median(
            ms for one in told if (ms := one.ms(what)) is not None
        )
        for what in ("ack", "whole")
    }


def fill(
    server: LiveServer, person: Person, sizes: Sequence[int], n_rounds: int
) -> Conversations:
    """Give the person conversations of each size; return their ids.

    A fresh one for each round, for what is written into it makes a short one longer; of
    the longest, to which that is nothing, only one.
    """
    with server.database() as database:
        history.hurry(database)
        made = {
            n: [
                history.add_conversation(database, person.id, n)
                for _ in range(1 if n == max(FULL.histories) else n_rounds)
            ]
            for n in sizes
        }
        history.tidy(database)
    return made


def crowd(server: LiveServer, somebody: Person, plan: Plan) -> int:
    """Fill the table with somebody else's messages; return how many it holds then."""
    with server.database() as database:
        n_missing = plan.n_table - history.n_messages(database)
        history.hurry(database)
        with database.transaction():
            history.fill(database, somebody.id, n_missing, plan.n_each)
    with server.database() as database:
        history.tidy(database)
        return history.n_messages(database)


async def measure(growth: Growth) -> dict[str, Any]:
    plan, alice = growth.plan, growth.people[0]
    found: dict[str, Any] = {"clients": await growth.clients()}
    found["length"] = await growth.lengths()
    print("the table is being filled …", flush=True)
    add = partial(fill, growth.server, alice, n_rounds=plan.n_rounds)
    small = await asyncio.to_thread(add, plan.histories[:2])
    found["almost empty table"] = await growth.histories(small)
    more = await asyncio.to_thread(add, plan.histories)
    found["n_table"] = await asyncio.to_thread(
        crowd, growth.server, growth.people[-1], plan
    )
    found["history"] = await growth.histories(more)
    return found


def run(plan: Plan) -> dict[str, Any]:
    with started("growth") as (server, cluster):
        people = server.people(max(plan.n_sockets) + 1)
        costs = Costs.of(server, cluster)
        return asyncio.run(measure(Growth(server, costs, people, plan)))


def main(arguments: Sequence[str] | None = None) -> None:
    run_part(
        "growth",
        lambda is_quick: run(QUICK if is_quick else FULL),
        growth_report.write,
        arguments,
    )


if __name__ == "__main__":
    main()
