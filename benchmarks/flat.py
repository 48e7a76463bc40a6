"""What reading the texts of a batch as one row saves, on the shipped classifiers.

    python -m benchmarks.flat [--rounds 30] [--write]

One thread; each round reads one batch of messages both ways, in turn, there and back. Told are the
medians of new over old time, with a bootstrap interval of 95 %. `--write` puts the table into ADR 0062.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from benchmarks.marks import put
from benchmarks.messages import texts
from benchmarks.ratios import orders, ratio_of
from inference.classifier import TorchClassifier
from inference.grouping import FORWARD_TOKENS
from inference.loading import load_classifier
from inference.registry import EMOTION, of_task, weights_dir

if TYPE_CHECKING:
    from benchmarks.ratios import Ratio

ADR = Path(__file__).parent.parent / "docs/decisions/0062-texts-in-one-row.md"
SIZES = (1, 4, 16, 32)
SEED = 2


class Padded(TorchClassifier):
    """As it was before: groups of like length, padded."""

    def __init__(self, name: str) -> None:
        super().__init__(load_classifier(weights_dir(name)))
        self._is_flat, self.forward_tokens = False, FORWARD_TOKENS


def compared(name: str, size: int, n_rounds: int) -> Ratio:
    """Return flat over padded time of batches of this many messages."""
    ways = {
        "flat": TorchClassifier(load_classifier(weights_dir(name))),
        "padded": Padded(name),
    }
    encoded = [ways["flat"].encode(text) for text in texts()]
    took: dict[str, list[float]] = {way: [] for way in ways}
    draw = random.Random(SEED)
    for order in orders(list(ways), n_rounds):
        batch = draw.choices(encoded, k=size)
        for way in order:
            start_s = time.perf_counter()
            ways[way].classify(batch)
            took[way].append(time.perf_counter() - start_s)
    return ratio_of(took["flat"], took["padded"])


def table(n_rounds: int) -> str:
    lines = [
        f"| classifier | {' | '.join(f'{size} texts' for size in SIZES)} |",
        f"| --- |{' ---: |' * len(SIZES)}",
    ]
    for name in of_task(EMOTION):
        cells = [str(compared(name, size, n_rounds)) for size in SIZES]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flat")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = table(options.rounds)
    if options.write:
        put("flat", found, ADR)


if __name__ == "__main__":
    main()
