"""`manage.py compare_frameworks`: PyTorch beside TensorFlow, measured on this machine."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference.frameworks import HOW_TO_INSTALL, tensorflow_python
from inference.reports import FRAMEWORKS_ROOT

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from benchmarks.frameworks.compare import Options
    from inference.registry import Framework


STOPPED_BY_CTRL_C = 130


class Command(BaseCommand):
    """Needs no database; goes on from the measurements that a killed run has made."""

    help = (
        "Train, serve and explain bert-news in both frameworks; write docs/frameworks/."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--data", type=Path, required=True, help="folder of the news data")
        add("--seeds", type=int, default=3, help="trainings of each framework")
        add("--epochs", type=float, default=1.0, help="manage.py train makes 3")
        add("--articles", type=int, default=0, help="train on so many (0: all)")
        add("--rounds", type=int, default=5, help="fresh serving processes of each")
        add("--explained", type=int, default=6, help="texts to explain by LIME")
        add("--samples", type=int, default=200, help="samples of an explanation")
        add("--threads", type=int, default=os.cpu_count() or 1)
        add("--out", type=Path, default=FRAMEWORKS_ROOT, help="folder to write")
        add("--anew", action="store_true", help="forget what was measured before")

    def handle(self, *args: Any, **options: Any) -> None:
        from benchmarks.frameworks.compare import Options
        from benchmarks.frameworks.report import write, write_readme

        names = Options.__dataclass_fields__
        asked = Options(**{name: options[name] for name in names})
        _check(asked)
        made = self._measured(asked, anew=options["anew"])
        write(made, options["out"])
        if options["out"] == FRAMEWORKS_ROOT:
            write_readme(made)
        self.stdout.write(self.style.SUCCESS(f"{options['out']}: matrix.md"))

    def _measured(self, asked: Options, *, anew: bool) -> dict[str, Any]:
        """Return the matrix; raises CommandError where a measurement fails or is stopped."""
        from benchmarks.frameworks.compare import forget, measure
        from benchmarks.frameworks.matrix import matrix
        from benchmarks.frameworks.runner import JobError, Runner
        from benchmarks.processes import describe_machine

        work = Path(settings.VAR_DIR) / "frameworks" / asked.digest
        if anew:
            forget(work)
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        machine = {**describe_machine(), "when": when}
        runner = Runner(work, _pythons(), asked.threads, self.stdout.write)
        try:
            return matrix(asked, measure(asked, runner), machine)
        except JobError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt as stop:
            message = "Stopped; the same command goes on from there."
            raise CommandError(message, returncode=STOPPED_BY_CTRL_C) from stop


def _pythons() -> dict[Framework, str]:
    python = tensorflow_python(settings.EMOCHAT_TENSORFLOW_PYTHON)
    if python is None:
        raise CommandError(HOW_TO_INSTALL)
    return {"pytorch": sys.executable, "tensorflow": python}


def _check(asked: Options) -> None:
    if not (asked.data / "test.csv").is_file():
        raise CommandError(f"{asked.data}: there is no test.csv.")
    if min(asked.seeds, asked.rounds, asked.explained, asked.samples) < 1:
        raise CommandError("Seeds, rounds, texts and samples are 1 or more.")
