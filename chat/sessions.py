"""Who is behind a session key, and closing the sockets of a session that ended."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from allauth.account.signals import password_changed, password_reset, password_set
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, user_logged_out
from django.contrib.sessions.backends.db import SessionStore
from django.dispatch import receiver
from django.utils.crypto import constant_time_compare

from chat.errors import Unauthenticated
from chat.events import person_group

if TYPE_CHECKING:
    from django.http import HttpRequest

    from chat.models import User

CLOSE_MESSAGE = {"type": "session.ended"}


def session_group(session_key: str) -> str:
    """The group of a session's sockets; the key itself never leaves the process."""
    return "s." + hashlib.sha256(session_key.encode()).hexdigest()[:40]


def authenticate(session_key: str | None) -> User:
    """Return the active person of a live session, or raise Unauthenticated.

    Two queries. Checks what Django's own `get_user` checks: the session has not
    expired, and the password has not changed since.
    """
    from chat.models import User  # noqa: PLC0415  this module is loaded by ready()

    # A quoted cookie can say NUL, which Postgres cannot look up.
    is_key = session_key and "\x00" not in session_key
    stored = SessionStore(session_key).load() if is_key else {}
    active = User.objects.filter(is_active=True)
    user_id = stored.get(SESSION_KEY)
    user = active.filter(pk=user_id).first() if user_id else None
    if user is None:
        raise Unauthenticated
    stored_hash = stored.get(HASH_SESSION_KEY, "")
    if not constant_time_compare(stored_hash, user.get_session_auth_hash()):
        raise Unauthenticated
    return user


@receiver(user_logged_out)
def _on_signed_out(request: HttpRequest | None, **_: Any) -> None:
    """Delete the session before its sockets close, so that none can come back."""
    if request is None or not (key := request.session.session_key):
        return
    request.session.delete(key)
    close_sockets(session_group(key))


@receiver([password_changed, password_set, password_reset])
def _on_password(user: User, **_: Any) -> None:
    close_sockets(person_group(user.pk))


def close_sockets(group: str) -> None:
    """Tell every socket of the group to close with 4401."""
    async_to_sync(get_channel_layer().group_send)(group, CLOSE_MESSAGE)
