"""Measure emochat's engine beside its peers, in one run, on the shipped weights.

    python -m benchmarks.engine [--quick] [--only NAMES] [--rounds 8] [--out FOLDER]

The method is in docs/benchmarks.md. Run it with the Python of `.venv-bench`, where the
peers are installed; whoever is not there is reported as not measured, with the reason.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import engine_report
from benchmarks.contenders import OURS, SPECS, Stage
from benchmarks.engine_run import Plan, Run
from benchmarks.processes import ROOT, Cores, describe_machine, pin, split_cores

if TYPE_CHECKING:
    from collections.abc import Sequence

MODELS = ROOT / "var" / "bench"
RESULTS = ROOT / "benchmarks" / "results"
QUICK_RESULTS = MODELS / "results"

FULL = Plan(
    n_rounds=8,
    reply={1: 6, 16: 48, 64: 80},
    classify={1: 16, 16: 64, 64: 96},
    poisson_shares=(0.5, 0.8),
    poisson_s=3.0,
    n_gate=32,
)
QUICK = Plan(
    n_rounds=2,
    reply={1: 2, 4: 8},
    classify={1: 4, 4: 12},
    poisson_shares=(0.5,),
    poisson_s=1.0,
    n_gate=4,
)


async def measure_all(run: Run) -> None:
    """Those that can stand beside each other together; the others with us alone."""
    together = [name for name in run.names if not SPECS[name].is_alone]
    try:
        for name in together:
            await run.start(SPECS[name])
        await run.gate(together)
        await run.measure_lane("reply", together)
        await run.measure_poisson(together)
        await run.measure_lane("classify", together)
        await run.stop([name for name in together if name != OURS])
        for name in (name for name in run.names if SPECS[name].is_alone):
            await run.start(SPECS[name])
            await run.gate([name])
            for lane in SPECS[name].lanes:
                if run.takes_part(name, lane):
                    await run.measure_lane(lane, [OURS, name])
            await run.stop([name])
    finally:
        await run.stop(list(run.running))


def write_models(folder: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.checkpoints", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True)


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine")
    parser.add_argument("--quick", action="store_true", help="a try, no measurement")
    parser.add_argument("--only", default="", help=f"names of {', '.join(SPECS)}")
    parser.add_argument("--rounds", type=int, help="rounds of each case, 8 by default")
    parser.add_argument("--threads", type=int, default=1, help="of each contender")
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--out", type=Path)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    plan = QUICK if options.quick else FULL
    if options.rounds:
        plan = replace(plan, n_rounds=options.rounds)
    cores = split_cores() if options.threads == 1 else Cores()
    names = options.only.split(",") if options.only else list(SPECS)
    run = Run(plan, Stage(options.models, cores, options.threads), names)
    machine = describe_machine()
    write_models(options.models)
    pin(cores.driver)
    try:
        asyncio.run(measure_all(run))
    finally:
        shutil.rmtree(run.stage.folder, ignore_errors=True)
    out = options.out or (QUICK_RESULTS if options.quick else RESULTS)
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    engine_report.write(run, {**machine, "when": when, "threads": options.threads}, out)


if __name__ == "__main__":
    main()
