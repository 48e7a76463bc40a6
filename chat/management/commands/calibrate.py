"""`manage.py calibrate NAME --data DIR --extra DIR …`: make a model's scores honest anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from inference.registry import CLASSIFIERS, weights_dir

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Needs no database; `train` ends with the same, this is for other validation texts."""

    help = "Choose a classifier's temperature and its threshold on validation texts."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("name", choices=CLASSIFIERS)
        add("--data", type=Path, required=True, help="folder with train and val files")
        add("--extra", type=Path, nargs="+", default=(), help="more such folders")
        add("--weights", type=Path, help="folder to read (inference/weights/NAME)")

    def handle(self, *args: Any, **options: Any) -> None:
        from inference.errors import ModelFileError
        from inference.training.classifiers import calibrate_classifier
        from inference.training.data import DataError
        from inference.training.order import Order

        folder = options["weights"] or weights_dir(options["name"])
        order = Order(
            options["name"],
            options["data"],
            output=folder,
            work=folder,
            extra=tuple(options["extra"]),
        )
        try:
            values = calibrate_classifier(order)
        except (DataError, ModelFileError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"temperature {values['temperature']}, sure from {values['sure_from']}"
        )
        for kind, errors in values["calibration"].items():
            self.stdout.write(f"{kind}: {errors['before']} -> {errors['after']}")
