"""Whether this process lives, and whether it should be sent people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from psycopg_pool import PoolTimeout

from chat import runtime

if TYPE_CHECKING:
    from django.http import HttpRequest


async def livez(request: HttpRequest) -> JsonResponse:
    """The event loop turns."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers, is migrated, and we are not draining; else 503.

    A missing engine does not fail it: history stays readable.
    """
    checks = {"turns": runtime.has_started(), "database": _is_migrated()}
    status = 200 if all(checks.values()) else 503
    return JsonResponse(
        {"status": "ok" if status == 200 else "no", **checks}, status=status
    )


def _is_migrated() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, PoolTimeout):
        return False
