"""Write the report: measure every classifier as shipped, then make all files from that.

What is measured goes to JSON first; cards, tables and figures are made from the JSON
alone, so that they can be made again without measuring.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from inference.loading import load_classifier
from inference.registry import (
    CLASSIFIERS,
    EMOTION,
    EMOTION_LABELS,
    TASKS,
    WEIGHTS_ROOT,
    is_trained,
    of_task,
    weights_dir,
)
from inference.reports import COMPARISON_NAME, METRICS_NAME
from inference.training.data import DataError, find_split, read_labelled
from inference.training.report_card import card_markdown
from inference.training.report_comparison import (
    compare,
    comparison_markdown,
    summary,
)
from inference.training.report_figures import (
    check_matplotlib,
    draw_lengths,
    draw_model,
)
from inference.training.report_measure import MAIN, measure, read_material
from inference.training.report_speed import measure_speeds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inference.training.report_measure import Material

MAX_WORDS = 80  # longer texts count as this long in the histogram
Figures = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """What to measure and where to write; `narrow` is a folder trained as in the paper."""

    data: Path
    out: Path
    chat: Path | None = None
    narrow: Path | None = None
    weights: Path = WEIGHTS_ROOT
    task: str = EMOTION


def write_report(order: ReportOrder, say: Say) -> list[str]:
    """Measure the task's, write all files, and return the names of the classifiers.

    Those of emotions are compared with the paper's, too. Raises DataError, ModelFileError.
    """
    check_matplotlib()
    listed = of_task(order.task, "pytorch")
    names = [name for name in listed if is_trained(name, order.weights)]
    if not names:
        raise DataError(f"{order.weights}: there is no trained classifier.")
    torch.set_num_threads(1)  # as the engine does, so that figures can be repeated
    labels = TASKS[order.task].labels
    material = read_material(order.data, order.chat, labels, order.task)
    measured = _measure_all(order, names, material, say)
    for name, metrics in measured.items():
        _write_json(order.out / name / METRICS_NAME, metrics)
    if order.task == EMOTION:
        found = compare(measured, _narrow(order, material, say), _lengths(order.data))
        _write_json(order.out / COMPARISON_NAME, found)
    redraw(order.out, names)
    return names


def redraw(out: Path, names: Sequence[str] = tuple(CLASSIFIERS)) -> list[str]:
    """Make cards, tables and figures again from the JSON that lies there."""
    check_matplotlib()
    found = [name for name in names if (out / name / METRICS_NAME).is_file()]
    for name in found:
        metrics = _read_json(out / name / METRICS_NAME)
        (out / name / "card.md").write_text(card_markdown(metrics), encoding="utf-8")
        draw_model(metrics, out / name)
    if (out / COMPARISON_NAME).is_file():
        _redraw_comparison(out)
    return found


def _redraw_comparison(out: Path) -> None:
    comparison = _read_json(out / COMPARISON_NAME)
    page = comparison_markdown(comparison)
    (out / "comparison.md").write_text(page, encoding="utf-8")
    draw_lengths(comparison["lengths"], out / "lengths.svg")


def _measure_all(
    order: ReportOrder, names: Sequence[str], material: Material, say: Say
) -> dict[str, Figures]:
    measured = {}
    for name in names:
        say(f"measuring {name}")
        measured[name] = measure(weights_dir(name, order.weights), material)
    say("timing all of them beside each other")
    models = {name: load_classifier(weights_dir(name, order.weights)) for name in names}
    main = next(iter(material.sets.values()))
    speeds = measure_speeds(models, _spread([row.text for row in main]))
    return {name: measured[name] | {"speed": speeds[name]} for name in names}


def _narrow(order: ReportOrder, material: Material, say: Say) -> Figures | None:
    """Return the row of the model that was trained on the narrow set alone.

    Where none is named, the row that was written before stays.
    """
    written = order.out / COMPARISON_NAME
    if order.narrow is None:
        return _read_json(written).get("narrow") if written.is_file() else None
    say("measuring the narrow one")
    return summary(measure(order.narrow, material))


def _spread(texts: Sequence[str], n: int = 32) -> list[str]:
    """Return n of the texts from all over their list."""
    return list(texts[:: max(1, len(texts) // n)])[:n]


def _lengths(data: Path) -> dict[str, list[int]]:
    """Return, for each kind of training text, how many have 0, 1, 2 … words."""
    found = {}
    for name in (MAIN, "dialogue/empathetic_dialogues", "goemotions"):
        if (data / name).is_dir():
            rows = read_labelled(find_split(data / name, "train"), EMOTION_LABELS)
            counts = [0] * (MAX_WORDS + 1)
            for row in rows:
                counts[min(MAX_WORDS, len(row.text.split()))] += 1
            found[(data / name).name] = counts
    return found


def _write_json(path: Path, value: Figures) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")


def _read_json(path: Path) -> Figures:
    found: Figures = json.loads(path.read_text(encoding="utf-8"))
    return found
