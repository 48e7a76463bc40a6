"""`manage.py average FOLDER FOLDER … --output FOLDER`: the mean of several trainings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Needs no database; `calibrate` comes after it."""

    help = (
        "Write the mean of the weights of classifiers that were trained from one start."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("folders", type=Path, nargs="+", help="trained classifiers of one start")
        add("--output", type=Path, required=True, help="folder to write")

    def handle(self, *args: Any, **options: Any) -> None:
        from inference.training.averaging import average
        from inference.training.data import DataError

        try:
            version = average(options["folders"], options["output"])
        except DataError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(f"{options['output']}: version {version}"))
