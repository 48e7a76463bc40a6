"""Load: clients in a closed loop, or arrivals at seeded random times; what came of it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.messages import CLASSIFIER
from benchmarks.processes import Meter
from benchmarks.ratios import percentile
from inference.types import Finished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.contenders import Client, Contender, Lane
    from benchmarks.messages import Message

MAX_BLOCK_S = 30.0
Send = Callable[["Message"], Awaitable[None]]
Load = Callable[[Send], Awaitable[None]]


@dataclass(slots=True)
class Sample:
    """One message: when it was sent, when its pieces came, in seconds of one clock.

    A reading comes in one piece. `ended_s` is None where it was not over when the block
    was; `error` names what went wrong.
    """

    sent_s: float
    pieces_s: list[float] = field(default_factory=list)
    ended_s: float | None = None
    error: str = ""
    text: str = ""
    scores: dict[str, float] = field(default_factory=dict)

    def first_ms(self, now_s: float) -> float:
        """Return what the first piece took; where none came, what was waited so far."""
        return 1000 * ((self.pieces_s[0] if self.pieces_s else now_s) - self.sent_s)

    def whole_ms(self, now_s: float) -> float:
        return 1000 * ((self.ended_s or now_s) - self.sent_s)

    @property
    def gaps_ms(self) -> list[float]:
        pairs = zip(self.pieces_s, self.pieces_s[1:], strict=False)
        return [1000 * (later - earlier) for earlier, later in pairs]


@dataclass(slots=True)
class Block:
    """What one contender did with one load."""

    samples: list[Sample]
    wall_s: float
    ended_s: float
    cpu_s: float = 0.0
    others_share: float = 0.0

    @property
    def done(self) -> list[Sample]:
        return [s for s in self.samples if s.ended_s is not None and not s.error]

    def figures(self) -> dict[str, float]:
        """Return the block's figures; ms, messages a second, counts.

        Messages that were not over count with the time they had waited by then: what is
        given is then too good, and `n_unfinished` says so.
        """
        ok = [sample for sample in self.samples if not sample.error]
        first = [sample.first_ms(self.ended_s) for sample in ok]
        whole = [sample.whole_ms(self.ended_s) for sample in ok]
        gaps = [gap for sample in ok for gap in sample.gaps_ms]
        n_done = len(self.done)
        return {
            "first_p50_ms": percentile(first, 0.5),
            "first_p99_ms": percentile(first, 0.99),
            "gap_p50_ms": percentile(gaps, 0.5),
            "gap_p99_ms": percentile(gaps, 0.99),
            "whole_p50_ms": percentile(whole, 0.5),
            "whole_p99_ms": percentile(whole, 0.99),
            "messages_s": n_done / self.wall_s,
            "cpu_ms": 1000 * self.cpu_s / n_done if n_done else float("nan"),
            "n_done": n_done,
            "n_unfinished": len(ok) - n_done,
            "n_errors": len(self.samples) - len(ok),
            "others_share": self.others_share,
        }


async def run_block(contender: Contender, lane: Lane, load: Load) -> Block:
    """Put a load on a contender; return what came of it, and what it cost."""
    samples: list[Sample] = []
    meter = Meter(contender.pids)
    meter.start()
    started_s = time.perf_counter()
    try:
        async with asyncio.timeout(MAX_BLOCK_S):
            await load(sender(contender.client, lane, samples))
    except TimeoutError:
        pass
    ended_s = time.perf_counter()
    cpu_s, others_share = meter.stop()
    return Block(samples, ended_s - started_s, ended_s, cpu_s, others_share)


_numbers = iter(range(2**62))


def sender(client: Client, lane: Lane, samples: list[Sample]) -> Send:
    """Return what sends one message and waits for its end; it never raises Exception."""
    ask = _generate if lane == "reply" else _classify

    async def send(message: Message) -> None:
        sample = Sample(time.perf_counter())
        samples.append(sample)
        try:
            await ask(client, message, f"bench-{next(_numbers)}", sample)
            sample.ended_s = time.perf_counter()
        except Exception as error:  # noqa: BLE001  (counted as the peer's error)
            sample.error = repr(error)

    return send


async def _generate(
    client: Client, message: Message, request_id: str, sample: Sample
) -> None:
    async for event in client.generate(message.to_generate(request_id)):
        if not isinstance(event, Finished):
            sample.pieces_s.append(time.perf_counter())
            sample.text += event.text


async def _classify(
    client: Client, message: Message, request_id: str, sample: Sample
) -> None:
    found = await client.classify(message.to_classify(request_id, CLASSIFIER))
    sample.pieces_s.append(time.perf_counter())
    sample.scores = found.scores


def closed_loop(messages: Sequence[Message], n_clients: int) -> Load:
    """Each client sends its next message as soon as its last one has been answered."""

    async def load(send: Send) -> None:
        queue = iter(messages)

        async def client() -> None:
            for message in queue:
                await send(message)

        async with asyncio.TaskGroup() as clients:
            for _ in range(n_clients):
                clients.create_task(client())

    return load


def poisson(messages: Sequence[Message], rate: float, seed: int) -> Load:
    """Messages arrive at random times, `rate` a second, whatever became of the earlier."""

    async def load(send: Send) -> None:
        start_s = time.perf_counter()
        async with asyncio.TaskGroup() as arrivals:
            for message, at_s in zip(
                messages, arrival_times(len(messages), rate, seed), strict=True
            ):
                await asyncio.sleep(start_s + at_s - time.perf_counter())
                arrivals.create_task(send(message))

    return load


def arrival_times(n: int, rate: float, seed: int) -> list[float]:
    """Return n times in seconds from the start; the same seed gives the same ones."""
    draw, now, times = random.Random(seed), 0.0, []
    for _ in range(n):
        now += draw.expovariate(rate)
        times.append(now)
    return times
