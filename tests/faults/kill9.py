"""kill -9 of the web process, or of the engine's helper, in the middle of 20 streams.

    python -m tests.faults.kill9 --repeats 50 --target both --log kill9.jsonl

Real processes, sockets and Postgres; classification by the shipped model, replies by a
decoder that takes seconds, so that they are running when the kill comes. A repeat in
which fewer than 15 replies were running does not count and is done again. With --log,
each repeat is kept as a line, and a run that was interrupted goes on from there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.faults.cluster import Cluster
from tests.faults.invariants import violations
from tests.faults.page import Page, Sent, open_pages
from tests.server import LiveServer, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

N_PEOPLE = 20
MIN_RUNNING = 15
N_LATE = 6
START_TIMEOUT_S = 30.0
SETTLE_TIMEOUT_S = 90.0
MAX_DELAY_S = 1.5
LATE_WITHIN_S = 0.06
ENV = {
    "EMOCHAT_LEASE_S": "3",
    "EMOCHAT_TEST_DECODER": "tests.faults.decoders:slow_echo",
    "EMOCHAT_TEST_STEP_S": "0.09",
}
TARGETS = ("web", "helper")


@dataclass
class Repeat:
    """What one kill did. Seconds are since the kill."""

    target: str
    seed: int
    n_running: int = 0
    n_acked: int = 0
    n_resent: int = 0
    n_duplicate: int = 0  # resent although stored: the ack was lost
    serving_s: float = 0.0
    median_reply_s: float = 0.0
    last_reply_s: float = 0.0
    is_same_helper: bool = False
    violations: list[str] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether enough was running for the kill to mean something."""
        return self.n_running >= MIN_RUNNING or bool(self.violations)


class Kill:
    """One repeat: 20 streams, the kill, and the wait until all is well again."""

    def __init__(
        self, server: LiveServer, people: Sequence[Person], target: str, seed: int
    ) -> None:
        self.server = server
        self.people = people
        self.random = random.Random(seed)
        self.result = Repeat(target, seed)
        self._killed_s = 0.0

    async def run(self) -> Repeat:
        async with open_pages(self.server, self.people) as pages:
            await asyncio.gather(*(page.send("I am tired") for page in pages))
            await self._until_streaming(pages)
            await asyncio.sleep(self.random.uniform(0, MAX_DELAY_S))
            helper = self.server.engine_pid()
            await self._kill_amid_sends(pages, helper)
            is_settled = await self._settle(pages)
            self._measure(pages, helper)
            self.result.violations += violations(self.server, pages)
            if not is_settled:
                self.result.violations.append("I2: not every reply ended in time")
        return self.result

    async def _until_streaming(self, pages: Sequence[Page]) -> None:
        started = [
            page.until(lambda p=page: p.n_streaming > 0, START_TIMEOUT_S)
            for page in pages
        ]
        await asyncio.gather(*started)

    async def _kill_amid_sends(self, pages: Sequence[Page], helper: int) -> None:
        """Some people send once more just then, half of them in a new conversation.

        Half of them lose their line a moment before, so that no ack reaches them.
        """
        late = self.random.sample(list(pages), N_LATE)
        sends = [self._send_late(page, i % 2 == 0) for i, page in enumerate(late)]
        cut_off = late[: N_LATE // 2]
        for page in cut_off:
            page.is_deaf = True
        sending = asyncio.gather(*sends)
        await asyncio.sleep(self.random.uniform(0, LATE_WITHIN_S))
        self.result.n_running = sum(page.n_streaming for page in pages)
        for page in cut_off:
            page.lose_line()
        self._killed_s = time.monotonic()
        if self.result.target == "web":
            self.server.kill()
            await asyncio.to_thread(self.server.start)
        else:
            os.kill(helper, signal.SIGKILL)
        await sending

    async def _send_late(self, page: Page, is_new: bool) -> Sent:
        await asyncio.sleep(self.random.uniform(0, LATE_WITHIN_S))
        conversation = None if is_new else next(iter(page.shown))
        return await page.send("What should I do?", conversation)

    async def _settle(self, pages: Sequence[Page]) -> bool:
        settled = [
            page.until(lambda p=page: p.is_settled, SETTLE_TIMEOUT_S) for page in pages
        ]
        return all(await asyncio.gather(*settled))

    def _measure(self, pages: Sequence[Page], helper: int) -> None:
        result = self.result
        sent = [sent for page in pages for sent in page.sent.values()]
        replies = [reply for page in pages for reply in page.replies]
        ended = [
            r.ended_s - self._killed_s for r in replies if r.ended_s > self._killed_s
        ]
        result.n_acked = sum(s.ack is not None for s in sent)
        result.n_resent = sum(s.n_sends > 1 for s in sent)
        result.n_duplicate = sum("duplicate" in (s.ack or {}) for s in sent)
        result.median_reply_s = round(statistics.median(ended), 2) if ended else 0.0
        result.last_reply_s = round(max(ended, default=0.0), 2)
        again = [page.opened_s for page in pages]
        if result.target == "helper":
            again = [r.started_s for r in replies if r.attempt > 1]
        result.serving_s = round(min(again, default=0.0) - self._killed_s, 2)
        result.is_same_helper = self.server.engine_pid() == helper


def kill_again_and_again(
    server: LiveServer,
    people: Sequence[Person],
    target: str,
    n_repeats: int,
    seed: int,
    keep: Callable[[Repeat], None] = lambda repeat: None,
) -> list[Repeat]:
    """Repeat until `n_repeats` count, or twice as many did not."""
    repeats: list[Repeat] = []
    while sum(r.counts for r in repeats) < n_repeats and len(repeats) < 3 * n_repeats:
        kill = Kill(server, people, target, seed + len(repeats))
        repeats.append(asyncio.run(kill.run()))
        keep(repeats[-1])
    return repeats


def summary(repeats: Sequence[Repeat]) -> dict[str, object]:
    counted = [repeat for repeat in repeats if repeat.counts]
    return {
        "repeats": len(counted),
        "not_counted": len(repeats) - len(counted),
        "n_running": [r.n_running for r in counted],
        "n_acked": sum(r.n_acked for r in counted),
        "n_resent": sum(r.n_resent for r in counted),
        "n_duplicate": sum(r.n_duplicate for r in counted),
        "serving_s": _spread([r.serving_s for r in counted]),
        "median_reply_s": _spread([r.median_reply_s for r in counted]),
        "last_reply_s": _spread([r.last_reply_s for r in counted]),
        "same_helper": sum(r.is_same_helper for r in counted),
        "violations": [v for r in counted for v in r.violations],
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


class Log:
    """The repeats so far, one JSON line each, in a file if there is one."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        lines = path.read_text().splitlines() if path and path.exists() else []
        self.repeats = [Repeat(**json.loads(line)) for line in lines]

    def keep(self, repeat: Repeat) -> None:
        self.repeats.append(repeat)
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(asdict(repeat)) + "\n")
        n_done = sum(r.counts for r in self.of(repeat.target))
        print(
            f"{repeat.target} {n_done}: {repeat.n_running} running at the kill, "
            f"{repeat.n_resent} sent again, {repeat.n_duplicate} of them stored before, "
            f"serving after {repeat.serving_s} s, "
            f"last reply after {repeat.last_reply_s} s"
            + ("" if repeat.counts else " (does not count)")
            + "".join(f"\n  {violation}" for violation in repeat.violations),
            file=sys.stderr,
            flush=True,
        )

    def of(self, target: str) -> list[Repeat]:
        return [repeat for repeat in self.repeats if repeat.target == target]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.kill9")
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--target", choices=[*TARGETS, "both"], default="both")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--log", type=Path, help="keep repeats here, and go on from them"
    )
    options = parser.parse_args()
    targets = TARGETS if options.target == "both" else (options.target,)
    log = Log(options.log)
    with Cluster() as cluster:
        server = LiveServer(cluster.socket_dir, cluster.folder / "var", **ENV).start()
        people = server.people(N_PEOPLE)
        for target in targets:
            done = log.of(target)
            missing = options.repeats - sum(r.counts for r in done)
            seed = options.seed + 1000 * TARGETS.index(target) + len(done)
            kill_again_and_again(server, people, target, missing, seed, log.keep)
        server.stop()
    result = {target: summary(log.of(target)) for target in targets}
    print(json.dumps({"seed": options.seed, **result}))
    return int(any(part["violations"] for part in result.values()))


if __name__ == "__main__":
    sys.exit(main())
