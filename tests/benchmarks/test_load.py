from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from benchmarks import load
from benchmarks.load import (
    Block,
    Sample,
    arrival_times,
    closed_loop,
    poisson,
    run_block,
)
from benchmarks.messages import REPLY_TOKENS, messages
from inference.types import Delta, Finished, GenerateRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Scripted:
    """A client whose every reply is two words; counts how many are asked at a time."""

    pids = (os.getpid(),)

    def __init__(self, pause_s: float = 0.0, fails: bool = False) -> None:
        self.client = self
        self.pause_s, self.fails = pause_s, fails
        self.texts: list[str] = []
        self.n_open = self.n_most = 0

    async def generate(
        self, request: GenerateRequest
    ) -> AsyncIterator[Delta | Finished]:
        self.texts.append(request.text)
        self.n_open += 1
        self.n_most = max(self.n_most, self.n_open)
        await asyncio.sleep(self.pause_s)
        if self.fails:
            raise RuntimeError("no")
        yield Delta(request.id, "I ")
        yield Delta(request.id, "see.")
        yield Finished(request.id, "length", 2, "", 0)
        self.n_open -= 1


def test_the_same_seed_gives_the_same_messages() -> None:
    assert messages(20, 5) == messages(20, 5)
    assert messages(20, 5) != messages(20, 6)
    low, high = REPLY_TOKENS
    assert all(low <= message.n_tokens <= high for message in messages(50, 5))


def test_arrivals_are_seeded_and_at_their_rate() -> None:
    times = arrival_times(2_000, 50.0, 4)
    assert times == arrival_times(2_000, 50.0, 4) == sorted(times)
    assert times[-1] == pytest.approx(40.0, rel=0.1)


async def test_a_closed_loop_keeps_its_clients_busy() -> None:
    scripted, asked = Scripted(pause_s=0.001), messages(20, 1)
    block = await run_block(scripted, "reply", closed_loop(asked, 4))
    assert scripted.n_most == 4
    assert sorted(scripted.texts) == sorted(message.text for message in asked)
    assert len(block.done) == 20
    assert {sample.text for sample in block.samples} == {"I see."}


async def test_arrivals_do_not_wait_for_answers() -> None:
    scripted = Scripted(pause_s=0.2)
    await run_block(scripted, "reply", poisson(messages(10, 1), 1000.0, 1))
    assert scripted.n_most == 10


async def test_errors_are_counted_and_nothing_else() -> None:
    block = await run_block(
        Scripted(fails=True), "reply", closed_loop(messages(3, 1), 1)
    )
    figures = block.figures()
    assert (figures["n_errors"], figures["n_done"]) == (3, 0)


async def test_what_is_not_over_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "MAX_BLOCK_S", 0.2)
    block = await run_block(
        Scripted(pause_s=9), "reply", closed_loop(messages(3, 1), 2)
    )
    figures = block.figures()
    assert (figures["n_unfinished"], figures["n_done"]) == (2, 0)
    assert figures["first_p50_ms"] >= 200  # what they had waited by then


def test_a_block_tells_waits_gaps_and_cost() -> None:
    samples = [Sample(10.0, [10.1, 10.3, 10.4], 10.4), Sample(10.0, [10.2], 10.2)]
    figures = Block(samples, wall_s=2.0, ended_s=12.0, cpu_s=0.5).figures()
    assert figures["first_p99_ms"] == pytest.approx(200)
    assert figures["gap_p99_ms"] == pytest.approx(200)
    assert figures["whole_p99_ms"] == pytest.approx(400)
    assert figures["messages_s"] == 1.0
    assert figures["cpu_ms"] == 250.0
