"""How many threads a web process should give its database work.

    python -m benchmarks.threads [--rounds 4] [--write]

Each round starts a server for each number of threads, in turn, there and back: as many
replies as it can take, then three times that. Told is what the docs need to choose:
replies a second, how long a refusal takes, and how late the event loop is. `--write`
puts the table into ADR 0063.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.costs import Costs
from benchmarks.marks import put
from benchmarks.part import started
from benchmarks.product import OVERLOAD, ProbedServer, Product
from benchmarks.ratios import orders, ratio_of

ADR = Path(__file__).parent.parent / "docs/decisions/0063-few-threads-many-claims.md"
THREADS = ("1", "2", "4", "8", "16")
USUAL = "4"
N_PUSHING, N_OVERLOADING = 16, 128
WARM_S, STRETCH_S = 4.0, 10.0

Found = dict[str, Any]


async def measure(product: Product) -> Found:
    await product.push(N_PUSHING, WARM_S)
    push = await product.push(N_PUSHING, STRETCH_S)
    rate = OVERLOAD * max(push["goodput"], 1.0)
    over = await product.overload(rate, N_OVERLOADING, STRETCH_S)
    return {"push": push, "over": over}


def one(n_threads: str) -> Found:
    os.environ["EMOCHAT_DB_THREADS"] = n_threads  # the server inherits it
    with started("threads", ProbedServer) as (server, cluster):
        costs, people = Costs.of(server, cluster), server.people(N_OVERLOADING)
        return asyncio.run(measure(Product(server, cluster, costs, people)))


def row(n_threads: str, found: list[Found], usual: list[Found]) -> str:
    def goodputs(what: str, all_found: list[Found]) -> list[float]:
        return [max(one[what]["goodput"], 0.01) for one in all_found]

    def worst_ms(what: str) -> str:
        return f"{median(one['over'][what]['p99'] for one in found):.0f}"

    ratios = (
        ratio_of(goodputs(what, found), goodputs(what, usual))
        for what in ("push", "over")
    )
    kept = ratio_of(goodputs("over", found), goodputs("push", found))
    cells = (*ratios, kept, worst_ms("error_ms"), worst_ms("lag_ms"))
    return f"| {n_threads} | {' | '.join(map(str, cells))} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.threads")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    found: dict[str, list[Found]] = defaultdict(list)
    for order in orders(list(THREADS), options.rounds):
        for n_threads in order:
            found[n_threads].append(one(n_threads))
            print(row(n_threads, found[n_threads][-1:], found[n_threads][-1:]))
    lines = [
        f"| threads | replies/s at capacity, to {USUAL} threads' | three times that, to"
        f" {USUAL} threads' | overload to capacity | refusals p99 (ms) | loop lag p99 (ms) |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        *(row(n, found[n], found[USUAL]) for n in THREADS),
    ]
    print("\n".join(lines))
    if options.write:
        put("threads", "\n".join(lines), ADR)


if __name__ == "__main__":
    main()
