"""Taking a person's second step at sign-in away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from chat.models import User


def forget(*, user: User) -> int:
    """Remove the person's app and recovery codes; return how many rows there were.

    Also where EMOCHAT_MFA was turned off again: Django then knows of no such table, but
    its rows still refer to people, and PostgreSQL would let none of them be deleted.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('mfa_authenticator')")
        if cursor.fetchone() == (None,):
            return 0
        cursor.execute("DELETE FROM mfa_authenticator WHERE user_id = %s", [user.pk])
        n_rows: int = cursor.rowcount
    return n_rows
