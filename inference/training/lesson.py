"""What one framework hands to another to learn from: the same start, tokens, batches, rates.

A lesson is a folder: `start.safetensors` (float32, transformers' names), `config.json`,
`tokenizer.json`, `lesson.npz` and `lesson.json`. Whoever follows it trains on exactly what
`manage.py train` would, step by step, so that two frameworks differ in nothing but
themselves. No torch here, and no TensorFlow.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file, save_file

from inference.classifier_files import CONFIG_NAME, TOKENIZER_NAME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from inference.tensors import State

START_NAME, PLAN_NAME, ROWS_NAME = "start.safetensors", "lesson.json", "lesson.npz"
# What whoever followed a lesson leaves in a folder of its own.
WEIGHTS_NAME, RESULT_NAME = "weights.safetensors", "result.json"

Rows = list[list[int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train: `rates` holds the learning rate of every step.

    `identity` names the run; a checkpoint of another one is not taken up.
    """

    identity: str
    labels: tuple[str, ...]
    rates: tuple[float, ...]
    per_epoch: int
    weight_decay: float
    seed: int
    pad_token: int
    save_every_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """A plan, each step's rows of tokens with the scores to learn (B, C), and what judges.

    `validation` holds the windows of each text that judges an epoch, `truth` its label's
    place.
    """

    plan: Plan
    steps: Sequence[Rows]
    targets: Sequence[NDArray[np.float32]]
    validation: Sequence[Rows]
    truth: NDArray[np.int64]


def write_lesson(
    folder: Path, lesson: Lesson, start: State, config: str, tokenizer: str
) -> None:
    """Write the folder; the plan comes last, so that half a lesson is none."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PLAN_NAME).unlink(missing_ok=True)
    save_file(dict(start), folder / START_NAME)
    (folder / CONFIG_NAME).write_text(config, encoding="utf-8")
    (folder / TOKENIZER_NAME).write_text(tokenizer, encoding="utf-8")
    with (folder / ROWS_NAME).open("wb") as file:
        np.savez(file, **_arrays(lesson))  # type: ignore[arg-type]
    plan = json.dumps(asdict(lesson.plan), ensure_ascii=False)
    (folder / PLAN_NAME).write_text(plan, encoding="utf-8")


def read_plan(folder: Path) -> Plan:
    values: dict[str, Any] = json.loads((folder / PLAN_NAME).read_text("utf-8"))
    for name in ("labels", "rates"):
        values[name] = tuple(values[name])
    return Plan(**values)


def read_lesson(folder: Path) -> Lesson:
    with np.load(folder / ROWS_NAME, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    ends = np.cumsum(arrays["step_rows"])[:-1]
    return Lesson(
        plan=read_plan(folder),
        steps=_groups(arrays, "step"),
        targets=np.split(arrays["targets"], ends),
        validation=_groups(arrays, "val"),
        truth=arrays["truth"],
    )


def read_start(folder: Path) -> dict[str, NDArray[Any]]:
    """Return the weights to begin with, by transformers' names."""
    return dict(load_file(folder / START_NAME))


def _arrays(lesson: Lesson) -> dict[str, NDArray[Any]]:
    return {
        **_flat(lesson.steps, "step"),
        **_flat(lesson.validation, "val"),
        "targets": np.concatenate(lesson.targets).astype(np.float32),
        "truth": lesson.truth,
    }


def _flat(groups: Sequence[Rows], name: str) -> dict[str, NDArray[Any]]:
    """Return all tokens in one array, how long each row is, how many each group has."""
    rows = [row for group in groups for row in group]
    return {
        f"{name}_tokens": np.array([t for row in rows for t in row], dtype=np.int32),
        f"{name}_lengths": np.array([len(row) for row in rows], dtype=np.int32),
        f"{name}_rows": np.array([len(group) for group in groups], dtype=np.int32),
    }


def _groups(arrays: dict[str, NDArray[Any]], name: str) -> list[Rows]:
    ends = np.cumsum(arrays[f"{name}_lengths"])[:-1]
    rows = iter(part.tolist() for part in np.split(arrays[f"{name}_tokens"], ends))
    return [[next(rows) for _ in range(n)] for n in arrays[f"{name}_rows"]]
