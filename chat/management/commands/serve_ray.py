"""`manage.py serve_ray`: run the engine on Ray Serve, for web processes with
EMOCHAT_ENGINE=ray."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from emochat.engine import engine_config
from inference.errors import InferenceError
from inference.hosts.ray_environment import set_environment

if TYPE_CHECKING:
    from inference.config import EngineConfig


class Command(BaseCommand):
    help = (
        "Deploy the engine to the Ray cluster at EMOCHAT_RAY_ADDRESS and return; without"
        " an address, start a cluster on this machine and run it until Ctrl-C."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--remove", action="store_true", help="end the engine's replicas instead"
        )

    def handle(self, *args: Any, remove: bool, **options: Any) -> None:
        config = engine_config()
        set_environment(config)
        try:
            from inference.hosts import ray_cluster
        except ImportError as error:
            raise CommandError("pip install -r requirements-ray.txt") from error
        try:
            if remove:
                ray_cluster.connect(config)
                ray_cluster.remove(config)
            elif config.ray.address:
                ray_cluster.connect(config)
                self._deploy(config)
            else:
                self._run_here(config)
        except InferenceError as error:
            raise CommandError(str(error)) from error

    def _run_here(self, config: EngineConfig) -> None:
        from inference.hosts.ray_cluster import local_cluster

        self._say("Starting Ray …")
        asked_to_end = threading.Event()
        with local_cluster(config) as address:
            self._say(f"Ray is at {address}")
            self._deploy(config)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: asked_to_end.set())
            self._say("Ctrl-C stops it")
            asked_to_end.wait()

    def _deploy(self, config: EngineConfig) -> None:
        from inference.hosts.ray_cluster import deploy

        self._say("Loading the models …")
        deploy(config)
        self._say("the engine is ready on Ray")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
