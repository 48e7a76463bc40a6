"""`manage.py train NAME --data DIR`: train a classifier or the reply model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference.registry import CLASSIFIERS, REPLY_MODEL, weights_dir

if TYPE_CHECKING:
    from argparse import ArgumentParser

STOPPED_BY_CTRL_C = 130


class Command(BaseCommand):
    """Needs no database; goes on from the run's last checkpoint by itself."""

    help = "Train a model. Ctrl-C saves; the same command goes on from there."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("name", choices=[*CLASSIFIERS, REPLY_MODEL])
        add("--data", type=Path, required=True, help="folder with train and val files")
        add("--extra", type=Path, nargs="+", default=(), help="more such folders")
        add("--base", help="where to start: our classifier, a checkpoint, a hub name")
        add("--teacher", type=Path, help="the bert that students are cut from (ours)")
        add(
            "--tutors", type=Path, nargs="+", default=(),
            help="trained classifiers whose mean scores soften the labels",
        )  # fmt: skip
        add("--reviews", type=int, metavar="VERSION", help="labels from the admin, too")
        add(
            "--paper", action="store_true", help="the paper's settings, nothing of ours"
        )
        add("--epochs", type=float, help="passes over the texts")
        add("--learning-rate", type=float, help="of a classifier, at its highest")
        add("--output", type=Path, help="folder to write (inference/weights/NAME)")
        add("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
        add("--seed", type=int, default=13)

    def handle(self, *args: Any, **options: Any) -> None:
        from inference.torch_models import pick_device
        from inference.training.data import DataError
        from inference.training.fit import Interrupted
        from inference.training.order import Order
        from inference.training.train import train

        order = Order(
            **{
                key: options[key] for key in ("name", "data", "base", "paper", "epochs")
            },
            learning_rate=options["learning_rate"],
            seed=options["seed"],
            device=pick_device(options["device"]),
            extra=tuple(options["extra"]),
            tutors=tuple(options["tutors"]),
            reviews=_set_folder(options["reviews"]),
            output=options["output"] or weights_dir(options["name"]),
            teacher=options["teacher"] or weights_dir("bert"),
            work=Path(settings.VAR_DIR) / "training" / options["name"],
            tensorflow_python=settings.EMOCHAT_TENSORFLOW_PYTHON,
        )
        try:
            version = train(order, self._show_epoch)
        except DataError as error:
            raise CommandError(str(error)) from error
        except Interrupted as stop:
            message = f"Stopped, {stop}; the same command goes on from there."
            raise CommandError(message, returncode=STOPPED_BY_CTRL_C) from stop
        self.stdout.write(self.style.SUCCESS(f"{order.output}: version {version}"))

    def _show_epoch(self, figures: dict[str, float]) -> None:
        text = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        self.stdout.write(text)


def _set_folder(version: int | None) -> Path | None:
    """Where the admin's page "Data sets" wrote this version."""
    if version is None:
        return None
    return Path(settings.VAR_DIR) / "reviews" / str(version)
