"""Measure explanations: how faithful, how fast, and whether people who write feel them.

    python -m benchmarks.explanations [--quick] [--out FOLDER] [--only PARTS]

The method is in docs/benchmarks.md, what follows from it in docs/explanations.md.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from benchmarks import checkpoints, explained_chats, faithfulness, lime_speed
from benchmarks.explanations_report import write
from benchmarks.messages import CLASSIFIER
from benchmarks.part import run_part
from benchmarks.processes import ROOT
from inference.registry import EMOTION_LABELS
from inference.training.own_lines import own_validation

if TYPE_CHECKING:
    from collections.abc import Sequence

MODELS = ROOT / "var" / "bench"
PARTS = ("faithfulness", "speed", "people")


def tell(text: str) -> None:
    print(text, flush=True)


def measure(quick: bool, parts: Sequence[str]) -> dict[str, Any]:
    lines = [row.text for row in own_validation(EMOTION_LABELS)]
    if {"speed", "people"} & set(parts):
        checkpoints.write(MODELS)
    found: dict[str, Any] = {}
    if "faithfulness" in parts:
        texts = lines[:: len(lines) // 4] if quick else lines
        found["faithfulness"] = faithfulness.measure(CLASSIFIER, texts, tell)
    if "speed" in parts:
        plain = MODELS / "plain" / CLASSIFIER
        n_rounds, n_samples = (2, 64) if quick else (10, 1000)
        found["speed"] = lime_speed.measure(lines, plain, n_rounds, n_samples, tell)
    if "people" in parts:
        n_rounds, stretch_s = (2, 3.0) if quick else (10, 30.0)
        found["people"] = asyncio.run(
            explained_chats.measure(MODELS, lines, n_rounds, stretch_s, tell)
        )
    return found


def main(arguments: Sequence[str]) -> None:
    parts: Sequence[str] = PARTS
    if "--only" in arguments:
        at = list(arguments).index("--only")
        parts = arguments[at + 1].split(",")
        arguments = [*arguments[:at], *arguments[at + 2 :]]
    run_part("explanations", lambda quick: measure(quick, parts), write, arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
