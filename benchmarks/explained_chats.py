"""Sixty-four people write while ten explanations run: when does their first word come?

Engine level: a helper process with the shipped models, and every message a turn as the
product takes it: classified, then answered. Stretches with and without explanations take
turns, with the same messages at the same times.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from benchmarks.contenders import SPECS, Stage
from benchmarks.lime_speed import messages_of
from benchmarks.load import arrival_times
from benchmarks.messages import CLASSIFIER, TIMEOUT_S, messages
from benchmarks.processes import Meter, pin, split_cores
from benchmarks.ratios import orders, percentile
from inference.errors import InferenceError
from inference.types import Delta, ExplainRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.contenders import Contender
    from benchmarks.messages import Message
    from inference.hosts.helper import HelperClient

N_PEOPLE, GAP_S = 64, 15.0  # as in the product's benchmark
N_EXPLANATIONS, N_SAMPLES = 10, 1000
WITHOUT, WITH = "without", "with ten explanations"
_numbers = itertools.count()


async def measure(
    models: Path,
    lines: Sequence[str],
    n_rounds: int,
    stretch_s: float,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Return the p95 of the first word of each stretch, in ms, and how many ended."""
    cores = split_cores()
    stage = Stage(models, cores)
    pin(cores.driver)
    contender = await stage.start(SPECS["emochat-sampling"])
    try:
        rounds: dict[str, list[dict[str, float]]] = {WITHOUT: [], WITH: []}
        for n, order in enumerate(orders([WITHOUT, WITH], n_rounds)):
            for name in order:
                asked = messages(round(N_PEOPLE / GAP_S * stretch_s), seed=n)
                texts = messages_of(lines, N_EXPLANATIONS) if name == WITH else []
                rounds[name].append(await stretch(contender, asked, texts, seed=n))
            tell(f"people and explanations: round {n + 1} of {n_rounds}")
        return {"people": N_PEOPLE, "stretch_s": stretch_s, "rounds": rounds}
    finally:
        await contender.close()
        shutil.rmtree(stage.folder, ignore_errors=True)


async def stretch(
    contender: Contender, asked: Sequence[Message], texts: Sequence[str], seed: int
) -> dict[str, float]:
    client: Any = contender.client
    n_explained: list[int] = []
    explaining = [
        asyncio.create_task(explain_on_and_on(client, text, n_explained))
        for text in texts
    ]
    meter = Meter(contender.pids)
    meter.start()
    first_ms = await people(client, asked, seed)
    cpu_s, others_share = meter.stop()
    for task in explaining:
        task.cancel()
    await asyncio.gather(*explaining, return_exceptions=True)
    return {
        "first_p50_ms": percentile(first_ms, 0.5),
        "first_p95_ms": percentile(first_ms, 0.95),
        "n_messages": len(asked),
        "n_errors": len(asked) - len(first_ms),
        "n_explained": len(n_explained),
        "cpu_s": cpu_s,
        "others_share": others_share,
    }


async def people(
    client: HelperClient, asked: Sequence[Message], seed: int
) -> list[float]:
    """Send each message when its time comes; return what each first word took, in ms."""
    first_ms: list[float] = []
    start_s = time.perf_counter()
    times = arrival_times(len(asked), N_PEOPLE / GAP_S, seed)
    async with asyncio.TaskGroup() as turns:
        for message, at_s in zip(asked, times, strict=True):
            await asyncio.sleep(start_s + at_s - time.perf_counter())
            turns.create_task(turn(client, message, first_ms))
    return first_ms


async def turn(client: HelperClient, message: Message, first_ms: list[float]) -> None:
    sent_s, request_id = time.perf_counter(), f"turn-{next(_numbers)}"
    with suppress(InferenceError):  # counted as an error, because it has no first word
        await client.classify(message.to_classify(f"{request_id}-c", CLASSIFIER))
        is_first = True
        async for event in client.generate(message.to_generate(request_id)):
            if is_first and isinstance(event, Delta):
                first_ms.append(1000 * (time.perf_counter() - sent_s))
                is_first = False


async def explain_on_and_on(
    client: HelperClient, text: str, n_explained: list[int]
) -> None:
    """Ask again as soon as one is there, with another seed: none is remembered."""
    for seed in _numbers:
        request = ExplainRequest(
            f"why-{seed}",
            CLASSIFIER,
            text,
            method="lime",
            n_samples=N_SAMPLES,
            seed=seed,
            queue_timeout_s=TIMEOUT_S,
            total_timeout_s=TIMEOUT_S,
        )
        await client.explain(request)
        n_explained.append(seed)
