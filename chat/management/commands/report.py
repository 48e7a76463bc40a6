"""`manage.py report`: measure the shipped classifiers, write docs/models/."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from inference.registry import EMOTION, TASKS, WEIGHTS_ROOT
from inference.reports import REPORTS_ROOT

if TYPE_CHECKING:
    from argparse import ArgumentParser

DATA = settings.BASE_DIR.parent / "shared" / "data"
CHAT = settings.BASE_DIR / "tests" / "models" / "chat_messages.txt"


class Command(BaseCommand):
    """Needs no database."""

    help = "Measure the classifiers as shipped: metrics, cards, figures, comparison."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("--data", type=Path, default=DATA, help="folder that holds emotion/ …")
        add("--out", type=Path, default=REPORTS_ROOT, help="folder (docs/models)")
        add("--chat", type=Path, help="text;label lines (our 200 chat messages)")
        add("--narrow", type=Path, help="a bert trained with --paper, to stand beside")
        add("--weights", type=Path, default=WEIGHTS_ROOT, help="folder of the folders")
        add("--task", choices=TASKS, default=EMOTION, help="whose classifiers")
        add("--redraw", action="store_true", help="measure nothing: from the JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        from inference.errors import ModelFileError
        from inference.training.data import DataError
        from inference.training.report import ReportOrder, redraw, write_report

        order = ReportOrder(
            **{
                key: options[key]
                for key in ("data", "out", "narrow", "weights", "task")
            },
            chat=options["chat"] or (CHAT if CHAT.is_file() else None),
        )
        try:
            done = (
                redraw(order.out)
                if options["redraw"]
                else write_report(order, self.stdout.write)
            )
        except (DataError, ModelFileError, OSError) as error:
            raise CommandError(str(error)) from error
        text = f"{order.out}: {', '.join(done)}"
        self.stdout.write(self.style.SUCCESS(text))
