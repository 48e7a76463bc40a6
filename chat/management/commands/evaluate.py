"""`manage.py evaluate NAME --data FILE [--json]`: measure a model as shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from inference.registry import CLASSIFIERS, REPLY_MODEL, weights_dir

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Needs no database; never writes anything but its figures."""

    help = "Measure a classifier on labelled lines, or the reply model on dialogues."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("name", choices=[*CLASSIFIERS, REPLY_MODEL])
        add("--data", type=Path, required=True, help="file; for reply, the folder")
        add("--json", action="store_true", help="one JSON object instead of a table")
        add("--weights", type=Path, help="folder to read (inference/weights/NAME)")
        add("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])

    def handle(self, *args: Any, **options: Any) -> None:
        from inference.errors import ModelFileError
        from inference.torch_models import pick_device
        from inference.training.data import DataError
        from inference.training.evaluate import evaluate_classifier, evaluate_reply

        name = options["name"]
        measure = evaluate_reply if name == REPLY_MODEL else evaluate_classifier
        folder = options["weights"] or weights_dir(name)
        try:
            figures = measure(folder, options["data"], pick_device(options["device"]))
        except (DataError, ModelFileError) as error:
            raise CommandError(str(error)) from error
        figures = {"name": name, **figures}
        self.stdout.write(json.dumps(figures) if options["json"] else _table(figures))


def _table(figures: dict[str, Any]) -> str:
    """Return the figures as lines; classes and confusion get a row each."""
    lines = [
        f"{key:20} {value:.4f}" if isinstance(value, float) else f"{key:20} {value}"
        for key, value in figures.items()
        if key not in {"labels", "per_class", "confusion", "windows"}
    ]
    return "\n".join(lines + _window_lines(figures) + _class_lines(figures))


def _window_lines(figures: dict[str, Any]) -> list[str]:
    """How a long text was cut, and what simpler ways give with the same weights."""
    found = figures.get("windows", {})
    rule = "  ".join(f"{k} {v}" for k, v in found.items() if not isinstance(v, dict))
    lines = [f"{'windows':20} {rule}"] if found else []
    for way, own in found.items():
        if isinstance(own, dict):
            shown = "  ".join(f"{key} {value:.4f}" for key, value in own.items())
            lines.append(f"{'  ' + way:20} {shown}")
    return lines


def _class_lines(figures: dict[str, Any]) -> list[str]:
    if "per_class" not in figures:
        return []
    labels = figures["labels"]
    short = "".join(f"{label[:8]:>9}" for label in labels)
    lines = ["", f"{'':10}{'precision':>10}{'recall':>8}{'f1':>8}   taken for: {short}"]
    for label, row in zip(labels, figures["confusion"], strict=True):
        own = figures["per_class"][label]
        counts = "".join(f"{count:9}" for count in row)
        lines.append(
            f"{label:10}{own['precision']:10.3f}{own['recall']:8.3f}{own['f1']:8.3f}"
            f"   {'':10} {counts}"
        )
    return lines
