"""`manage.py measure_admin`: what each list of the admin costs the database."""

from __future__ import annotations

import json
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.core.management.base import BaseCommand
from django.db import connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from chat.desk.dashboard import PERIODS, key_of
from chat.models import Message, User
from chat.services.made_up import DOMAIN

if TYPE_CHECKING:
    from argparse import ArgumentParser

LISTS = (
    "user",
    "conversation",
    "message",
    "reply",
    "classification",
    "feedback",
    "correction",
    "review",
    "safetyevent",
    "accessrecord",
    "searchrecord",
)
# What staff ask of them, the rare and the frequent.
ASKED = (
    "conversation/?p=20",
    "conversation/?emotion=surprise",
    "conversation/?emotion=surprise&below=50",
    "conversation/?emotion=love&classifier=roberta&below=50",
    "conversation/?classifier=electra",
    "conversation/?below=50&corrected=yes",
    "conversation/?corrected=yes",
    "conversation/?corrected=no",
    "conversation/?reviewed=yes",
    "conversation/?reviewed=no",
    "conversation/?flagged=yes",
    "conversation/?assigned=any",
    "conversation/?person=7-3@",
    "conversation/?updated_at_from=2026-01-01&updated_at_to=2026-12-31",
    "conversation/?q=birthday",
    "conversation/?q=love",
    "conversation/?q=nowhereatall",
    "message/?q=7-3@",
    "message/?q=00000000-0000-0000-0000-000000000000",
    "reply/?state__exact=failed",
    "reply/?state__exact=stopped",
    "reply/?finish_reason__exact=error",
    "classification/?q=00000000-0000-0000-0000-000000000000",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Queries of a page and the median of what they took, all together."""

    page: str
    n_queries: int
    database_ms: float


class Command(BaseCommand):
    """Writes nothing: each page is asked for in a transaction that is rolled back."""

    help = "Queries and time at the database of every list of the admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repeats", type=int, default=5)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        paths = [f"chat/{page}/" for page in LISTS]
        paths += [f"chat/{page}" for page in ASKED] + ["?days=7", "?days=30"]
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '60s'")
            staff = User.objects.create_superuser(f"measure@{DOMAIN}")
            costs = [self._cost(path, staff, options["repeats"]) for path in paths]
            n = Message.objects.count()
            transaction.set_rollback(True)
        if options["json"]:
            shown = {"messages": n, "pages": [asdict(cost) for cost in costs]}
            self.stdout.write(json.dumps(shown))
            return
        self.stdout.write(f"{n:,} messages\n{'queries':>7} {'ms':>7}  page")
        for cost in costs:
            row = f"{cost.n_queries:7} {cost.database_ms:7.1f}  {cost.page}"
            self.stdout.write(row)

    def _cost(self, path: str, staff: User, repeats: int) -> Cost:
        seen = [_queries(f"/admin/{path}", staff) for _ in range(repeats + 1)][1:]
        times = [sum(float(query["time"]) for query in one) for one in seen]
        return Cost(path, len(seen[0]), 1000 * statistics.median(times))


def _queries(path: str, staff: User) -> list[dict[str, str]]:
    """Ask for the page as staff would; return the queries that it took."""
    request = RequestFactory().get(path)
    request.user = staff
    request.session = SessionStore()
    cache.delete_many([key_of(n_days) for n_days in PERIODS])
    found = resolve(request.path)
    with CaptureQueriesContext(connection) as queries:
        response = found.func(request, *found.args, **found.kwargs)
        if hasattr(response, "render"):
            response.render()
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")
    return [
        query
        for query in queries.captured_queries
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
    ]
