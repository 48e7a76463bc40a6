"""The gate before any timing: who does not compute the same is not measured."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.load import Sample, closed_loop, sender
from benchmarks.messages import messages
from benchmarks.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from benchmarks.contenders import Contender, Lane, Spec

SEED = 7
N_CLIENTS = 6
TIMEOUT_S = 300.0
MIN_SAME_LABELS = 0.95
Answers = dict[str, dict[str, Any]]


async def ask(contender: Contender, lane: Lane, n: int) -> list[Any]:
    """Return the contender's texts or scores for the gate's messages, in their order.

    Several at a time, so that batching is part of what is judged. Raises ExceptionGroup
    or RuntimeError where it fails on one.
    """
    samples: list[Sample] = []
    send = sender(contender.client, lane, samples)
    await asyncio.wait_for(closed_loop(messages(n, SEED), N_CLIENTS)(send), TIMEOUT_S)
    if errors := [sample.error for sample in samples if sample.error]:
        raise RuntimeError(errors[0])
    return [s.text if lane == "reply" else s.scores for s in samples]


async def judge(folder: Path, plain: Path, answers: Answers, n: int) -> Answers:
    """Return by contender and lane what the oracle found."""
    asked, found = folder / "answers.json", folder / "found.json"
    asked.write_text(json.dumps({"n": n, "seed": SEED, **answers}))
    arguments = [str(path) for path in (plain, asked, found)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.oracle", *arguments, cwd=ROOT
    )
    if await process.wait():
        raise RuntimeError("The oracle failed.")
    judged: Answers = json.loads(found.read_text())
    return judged


def fault(spec: Spec, lane: Lane, found: Mapping[str, Any]) -> str:
    """Return in words why the contender is not measured, or "" where all is well."""
    if lane == "reply" and found["worst"] > spec.max_log_probability_off:
        return (
            f"parity: its replies leave the likeliest token by up to"
            f" {found['worst']:.3g} nats ({found['n_same']} of {found['n']} are the same)"
        )
    if lane == "classify" and found["worst"] > spec.max_probability_off:
        return f"parity: its probabilities are off by up to {found['worst']:.3g}"
    if lane == "classify" and found["n_same"] < MIN_SAME_LABELS * found["n"]:
        return f"parity: {found['n_same']} of {found['n']} labels are the same"
    return ""


def faults(specs: Sequence[Spec], judged: Answers) -> dict[str, dict[Lane, str]]:
    """Return each fault by contender and lane."""
    return {
        spec.name: {
            lane: why
            for lane in spec.lanes
            if lane in judged.get(spec.name, {})
            and (why := fault(spec, lane, judged[spec.name][lane]))
        }
        for spec in specs
    }
