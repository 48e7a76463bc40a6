"""Letting a person in or out, and creating the accounts of a first run."""

from __future__ import annotations

from chat.events import person_group
from chat.models import User
from chat.sessions import close_sockets


def set_active(*, user: User, is_active: bool) -> None:
    """Allow or forbid signing in; forbidding closes the person's sockets at once."""
    User.objects.filter(pk=user.pk).update(is_active=is_active)
    if not is_active:
        close_sockets(person_group(user.pk))
