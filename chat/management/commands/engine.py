"""`manage.py engine`: run the machine's engine alone, for the web processes to share."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from emochat.engine import engine_config
from inference.hosts.child import serve
from inference.hosts.places import ALREADY_RUNNING, HelperPlaces


class Command(BaseCommand):
    help = "Run the engine in the foreground until Ctrl-C; web processes find it by themselves."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        config = engine_config()
        self.stdout.write(f"engine at {HelperPlaces(config).socket}")
        code = serve(config, on_progress=self._tell)
        if code == ALREADY_RUNNING:
            raise CommandError("An engine with these settings is already running.")
        if code:
            raise CommandError("The engine could not start; its log says why.")

    def _tell(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
