"""`manage.py ask "TEXT"`: see the emotion and the reply in the terminal."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat.care.fixed import fixed_reply
from chat.care.output import OutputCheck
from chat.services.told import likely_label
from emochat.engine import engine_config
from inference import (
    CLASSIFIERS,
    Classified,
    ClassifyRequest,
    Delta,
    EngineConfig,
    GenerateRequest,
    InferenceError,
)
from inference.hosts.inline import InlineClient
from inference.registry import EMOTION, TASKS, of_task

BAR_WIDTH = 30


class Command(BaseCommand):
    help = "Classify a text and, for emotions, answer it; needs no database."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text")
        parser.add_argument(
            "--classifier",
            action="append",
            metavar="NAME",
            help="whose scores to show, the first one's label guides the reply; repeatable",
        )
        parser.add_argument(
            "--task", choices=TASKS, default=EMOTION, help="only emotions are answered"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["text"].strip():
            raise CommandError("There is nothing to read: the text is empty.")
        config = engine_config()
        trained = tuple(
            name for name in config.classifier_names if name in of_task(options["task"])
        )
        if not trained and config.classifier_names:
            raise CommandError(
                f"No classifier of the task {options['task']} is trained."
            )
        names = chosen_classifiers(options["classifier"], trained)
        try:
            asyncio.run(self._ask(options["text"], names, config, options["task"]))
        except InferenceError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stdout.write("")

    async def _ask(
        self, text: str, names: tuple[str, ...], config: EngineConfig, task: str
    ) -> None:
        client = InlineClient(replace(config, classifiers=names), self._tell)
        try:
            await client.start()
            label = await self._classify(client, text, names)
            if task == EMOTION:
                await self._reply(client, text, label)
        finally:
            await client.close()

    async def _classify(
        self, client: InlineClient, text: str, names: tuple[str, ...]
    ) -> str | None:
        """Show every classifier's bars; return the first one's label, if it is likely."""
        labels = []
        for name in names:
            event = await client.classify(ClassifyRequest(f"ask {name}", name, text))
            self.stdout.write(f"\n{CLASSIFIERS[name].title} ({event.duration_ms} ms)")
            self.stdout.write(bars(event))
            labels.append(likely_label(event))
        return labels[0]

    async def _reply(self, client: InlineClient, text: str, label: str | None) -> None:
        self.stdout.write("")
        if said := fixed_reply(text):
            self.stdout.write(said)
            return
        request = GenerateRequest("ask reply", text, label, seed=secrets.randbits(32))
        check = OutputCheck(text, request.seed)
        async with aclosing(client.generate(request)) as stream:
            async for event in stream:
                if isinstance(event, Delta) and check.fault is None:
                    self.stdout.write(check.feed(event.text), ending="")
                    self.stdout.flush()
        self.stdout.write(check.flush())
        if check.fault:
            self.stdout.write(check.instead)

    def _tell(self, text: str) -> None:
        self.stderr.write(self.style.NOTICE(text))


def chosen_classifiers(
    wanted: list[str] | None, trained: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the names to use, the first trained one by default."""
    if not trained:
        raise CommandError("No classifier is trained yet: see `manage.py train`.")
    for name in wanted or ():
        if name not in trained:
            raise CommandError(
                f"There is no classifier {name!r}; trained are: {', '.join(trained)}."
            )
    return tuple(dict.fromkeys(wanted or trained[:1]))


def bars(event: Classified) -> str:
    """Return one line a label: its bar, its share, and a mark at the likeliest."""
    lines = []
    width = max(map(len, event.scores)) + 1
    for label, score in event.scores.items():
        bar = ("█" * round(score * BAR_WIDTH)).ljust(BAR_WIDTH, "·")
        mark = " ←" if label == event.label else ""
        lines.append(f"  {label:<{width}}{bar} {score:6.1%}{mark}")
    return "\n".join(lines)
