"""`manage.py serve`: the web server, with the engine and the turns beside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from daphne.endpoints import build_endpoint_description_strings
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

if TYPE_CHECKING:
    from argparse import ArgumentParser

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Command(BaseCommand):
    help = "Serve emochat with Daphne; Ctrl-C drains and stops everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        port = int(os.environ.get("PORT", "8000"))
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=port)
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="first bring the database up to date and make the demo accounts",
        )

    def handle(self, *args: Any, host: str, port: int, prepare: bool, **_: Any) -> None:
        if settings.DEBUG and host not in LOOPBACK:
            raise CommandError("DEBUG is on: set SECRET_KEY and ALLOWED_HOSTS first.")
        if prepare:
            self._prepare()
        self._serve(host, port)

    def _prepare(self) -> None:
        from emochat.first_run import create_accounts, prepare

        prepare(self._say)
        create_accounts(self._say)

    def _serve(self, host: str, port: int) -> None:
        from emochat.asgi import application
        from emochat.engine import engine_config
        from emochat.server import DrainingServer
        from inference.hosts.factory import create_client

        def announce() -> None:
            self._say(f"emochat is ready: http://{host}:{port}/   (Ctrl-C stops it)")

        self._say("Starting the engine …")
        engine = create_client(engine_config(), on_progress=self._say)
        endpoints = build_endpoint_description_strings(host=host, port=port)
        DrainingServer(application, engine, announce, endpoints=endpoints).run()

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
