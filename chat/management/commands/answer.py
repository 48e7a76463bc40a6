"""`manage.py answer FILE [--json]`: how the models read and answer each line of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from inference.registry import CLASSIFIERS, REPLY_MODEL, weights_dir

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """For whoever judges replies: no database, no care, the models' own words."""

    help = "Answer every message of a file (`text` or `text;label` lines)."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("file", type=Path)
        add("--classifier", choices=CLASSIFIERS, default="bert")
        add("--weights", type=Path, help="folder of the reply model")
        add("--seed", type=int, default=0)
        add("--json", action="store_true", help="one JSON object a line")

    def handle(self, *args: Any, **options: Any) -> None:
        from inference.errors import ModelFileError
        from inference.training.answering import answer_messages

        try:
            messages = read_messages(options["file"])
            answers = answer_messages(
                messages,
                classifier=weights_dir(options["classifier"]),
                reply=options["weights"] or weights_dir(REPLY_MODEL),
                seed=options["seed"],
            )
        except (OSError, UnicodeDecodeError, ModelFileError) as error:
            raise CommandError(str(error)) from error
        for found in answers:
            self.stdout.write(json.dumps(found) if options["json"] else _line(found))


def read_messages(path: Path) -> list[str]:
    """Return the lines' texts, a label behind the last semicolon taken off."""
    labels = {label for spec in CLASSIFIERS.values() for label in spec.labels}
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    cut = (line.rpartition(";") for line in lines if line)
    return [text if label in labels else text + sep + label for text, sep, label in cut]


def _line(found: dict[str, Any]) -> str:
    return f"{found['label']:9} {found['message']}\n{'':9} -> {found['reply']}"
