"""What oneDNN's packed products save: torch as it comes beside ours, on the shipped weights.

    python -m benchmarks.products [--rounds 20] [--write]

One thread; each round times all ways of a row in turn, there and back. Told are medians in ms
and the ratios to torch as it comes, with a bootstrap interval of 95 %. `--write` puts the table
into ADR 0060.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from benchmarks.marks import put
from benchmarks.ratios import orders, ratio_of
from inference import packed
from inference.loading import load_classifier, load_reply_model
from inference.packed import PackedLinear, RoughLinear, rough_copy, with_packed_linears
from inference.registry import weights_dir
from inference.slots import T5Slots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Ways = Mapping[str, Callable[[], object]]

ADR = Path(__file__).parent.parent / "docs/decisions/0060-products-by-onednn.md"
TORCH, OURS, ROUGH = "torch", "float32", "bfloat16"
REPEATS = 10
HEAD = "| what | torch, ms | float32 / torch | bfloat16 / torch |\n| --- | ---: | ---: | ---: |"


def products() -> Iterator[tuple[str, Ways]]:
    for rows in (1, 4, 16, 528):
        dense, x = torch.nn.Linear(384, 1536), torch.randn(rows, 384)
        ours, rough = PackedLinear(dense.weight, dense.bias), RoughLinear(dense)
        ways = {TORCH: dense, OURS: ours, ROUGH: rough}
        yield f"{rows} rows by 384 x 1536", {n: _bound(f, x) for n, f in ways.items()}


def classifiers() -> Iterator[tuple[str, Ways]]:
    for name in ("bert", "roberta", "distilbert", "electra", "mobilebert"):
        folder = weights_dir(name)
        dense = load_classifier(folder).model
        ours = with_packed_linears(load_classifier(folder).model)
        ways = {TORCH: dense, OURS: ours, ROUGH: rough_copy(ours) or ours}
        for rows, length in ((1, 24), (24, 22)):
            x = torch.randint(5, 5000, (rows, length))
            label = f"{name}, {rows} x {length} tokens"
            yield label, {n: _bound(f, x) for n, f in ways.items()}


def replies() -> Iterator[tuple[str, Ways]]:
    model = load_reply_model(weights_dir("reply")).model
    slots = T5Slots(model, 32, 64, 41)
    for rows in (1, 4, 16):
        prompts = torch.randint(20, 7000, (rows, 24))
        read = {
            TORCH: _bound(model.encoder, prompts),
            OURS: _bound(slots._encode, prompts.tolist()),
        }
        yield f"T5 reads {rows} x 24 tokens", read
    for rows in (1, 4, 16, 32):
        slots.clear()
        slots.admit(torch.randint(20, 7000, (rows, 24)).tolist())
        for _ in range(12):
            slots.step()
            slots.advance([20] * rows)
        step = slots.step
        yield f"T5 steps, {rows} rows", {TORCH: _without(step), OURS: step}


def _bound(run: Callable[..., object], x: object) -> Callable[[], object]:
    return lambda: run(x)


def _without(run: Callable[[], object]) -> Callable[[], object]:
    """Return the same with every product small enough for MKL."""

    def dense() -> object:
        before, packed.LEAST_PRODUCTS = packed.LEAST_PRODUCTS, math.inf  # type: ignore[assignment]
        try:
            return run()
        finally:
            packed.LEAST_PRODUCTS = before

    return dense


def timed(run: Callable[[], object]) -> float:
    """Return ms a call."""
    start = time.perf_counter()
    for _ in range(REPEATS):
        run()
    return 1000 * (time.perf_counter() - start) / REPEATS


def row(label: str, ways: Ways, n_rounds: int) -> str:
    took: dict[str, list[float]] = {name: [] for name in ways}
    for order in orders(list(ways), n_rounds + 2):
        for name in order:
            took[name].append(timed(ways[name]))
    of = {name: values[2:] for name, values in took.items()}  # two to warm up
    others = [str(ratio_of(of[n], of[TORCH])) if n in of else "" for n in (OURS, ROUGH)]
    return f"| {label} | {statistics.median(of[TORCH]):.3f} | {' | '.join(others)} |"


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    lines = [HEAD]
    for part in (products, classifiers, replies):
        for label, ways in part():
            lines.append(row(label, ways, asked.rounds))
            print(lines[-1], flush=True)
    if asked.write:
        put("products", "\n".join(lines), ADR)


if __name__ == "__main__":
    main()
