"""What must be there before the first person comes: tables, files, two accounts."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from chat.services.people import create_account

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def prepare(say: Callable[[str], None]) -> None:
    """Bring the database and the static files up to date; safe to run again."""
    say("Starting PostgreSQL …")
    connections[DEFAULT_DB_ALIAS].ensure_connection()
    say("Bringing the tables up to date …")
    _migrate()
    if not settings.DEBUG:
        say("Collecting static files …")
        call_command("collectstatic", interactive=False, verbosity=0)


def _migrate() -> None:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
    call_command("createcachetable", verbosity=0)


def create_accounts(say: Callable[[str], None]) -> None:
    """Make a demo person and an admin with random passwords, once.

    The passwords are said now and kept in `var/accounts.txt` (mode 0600).
    """
    path = settings.VAR_DIR / "accounts.txt"
    if path.exists():
        say(f"Accounts: see {_shown(path)}")
        return
    lines = [
        _create("demo@emochat.local", "Demo", is_staff=False),
        _create("admin@emochat.local", "Admin", is_staff=True),
    ]
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    say("Two accounts were made for you (also in " + _shown(path) + "):")
    for line in lines:
        say("  " + line)


def _create(email: str, name: str, *, is_staff: bool) -> str:
    password = secrets.token_urlsafe(12)
    create_account(email=email, password=password, display_name=name, is_staff=is_staff)
    return f"{email}  {password}"


def _shown(path: Path) -> str:
    with suppress(ValueError):
        return str(path.relative_to(settings.BASE_DIR))
    return str(path)
