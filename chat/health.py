"""Whether this process lives, should be sent people, and what it measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from psycopg_pool import PoolTimeout

from chat import runtime
from chat.collectors import EngineCollector, QueueCollector

if TYPE_CHECKING:
    from django.http import HttpRequest


LOOPBACK = ("127.0.0.1", "::1")
PASSED_ON = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via")

REGISTRY.register(EngineCollector())
REGISTRY.register(QueueCollector())


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


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus's text, for whoever asks from this machine or shows the token; else 404."""
    if not _may_read_metrics(request):
        raise Http404
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    """A proxy on this machine asks for others: what it passes on does not count as ours."""
    token = settings.EMOCHAT_METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and constant_time_compare(given, f"Bearer {token}"):
        return True
    is_passed_on = any(name in request.headers for name in PASSED_ON)
    return not is_passed_on and request.META.get("REMOTE_ADDR") in LOOPBACK


def _is_migrated() -> bool:
    try:
        executor = MigrationExecutor(connection)
        return not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, PoolTimeout):
        return False
