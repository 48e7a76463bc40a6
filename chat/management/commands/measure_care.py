"""`manage.py measure_care [--data FILE] [--json] [--publish]`: how good the detector is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chat.care import measure

if TYPE_CHECKING:
    from argparse import ArgumentParser

TEST_SET = Path("tests/models/safety_messages.txt")


class Command(BaseCommand):
    """Needs no database and no model."""

    help = "Measure the detector of dangerous messages; --publish writes /safety/'s figures."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--data", type=Path, default=settings.BASE_DIR / TEST_SET, help="the lines")
        add("--json", action="store_true", help="one JSON object instead of a table")
        add("--publish", action="store_true", help="write what the page /safety/ shows")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            figures = measure.measure(measure.read_lines(options["data"]))
        except (OSError, ValueError, TypeError) as error:
            raise CommandError(f"{options['data']}: {error}") from error
        if options["publish"]:
            measure.publish(figures)
        self.stdout.write(json.dumps(figures) if options["json"] else _table(figures))


def _table(figures: dict[str, Any]) -> str:
    plain = {
        key: value for key, value in figures.items() if not isinstance(value, dict)
    }
    lines = [f"{key:24} {value}" for key, value in plain.items()]
    for key in figures.keys() - plain.keys():
        lines.append(f"\n{key}")
        lines += [
            f"  {name:12} {row['share']:.3f} of {row['n']}"
            for name, row in figures[key].items()
        ]
    return "\n".join(lines)
