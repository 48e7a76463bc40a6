"""`manage.py make_messages N`: fill a database with made-up messages, to measure it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from tqdm import tqdm

from chat.models import User

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Make N messages that nobody wrote, with readings, replies and corrections."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("n", type=int, nargs="?", default=0)
        parser.add_argument(
            "--remove", action="store_true", help="take all made-up ones out again"
        )
        parser.add_argument(
            "--among-people", action="store_true", help="though real people are here"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        from chat.services import made_up, ranking

        if options["remove"]:
            made_up.remove_made_up()
        if not options["n"]:
            return
        self._check_database(options["among_people"], made_up.DOMAIN)
        with tqdm(total=options["n"], unit=" messages", file=self.stderr) as bar:
            for made in made_up.make_messages(options["n"]):
                bar.update(made - bar.n)
        n_ranked = sum(ranking.rank_all())
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("VACUUM ANALYZE")
        self.stdout.write(f"{made} messages made, {n_ranked} wait for review.")

    def _check_database(self, is_wanted: bool, domain: str) -> None:
        people = User.objects.exclude(email__endswith=f"@{domain}")
        if not is_wanted and people.exclude(email__endswith="@emochat.local").exists():
            raise CommandError(
                "There are people in this database. Take an empty one, or say "
                "--among-people; `--remove` takes the made-up ones out again."
            )
