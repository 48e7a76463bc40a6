"""Deleting an account with all that belongs to it: one job, which leaves a receipt.

The person is locked out at once, in a transaction of its own; then everything goes in
one more. Should the process die in between, the sweep of any process goes on. A reply
that runs meanwhile finds its conversation gone and changes nothing (StaleAttempt).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest

from chat.accounts import avatars
from chat.errors import NotRecent
from chat.events import person_group
from chat.models import Conversation, Deletion, User
from chat.services import reviewed_sets, second_factor
from chat.sessions import authenticate, close_sockets

if TYPE_CHECKING:
    from uuid import UUID


@transaction.atomic
def request_deletion(*, session_key: str | None) -> Deletion:
    """Lock the person out and note the job; raises Unauthenticated, NotRecent."""
    user = authenticate(session_key)
    _check_recent(session_key, user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    job, _ = Deletion.objects.get_or_create(user=user.pk)
    Session.objects.filter(session_key=session_key).delete()
    transaction.on_commit(lambda: close_sockets(person_group(user.pk)))
    return job


def _check_recent(session_key: str | None, user: User) -> None:
    """Whoever finds an open laptop shall not delete what is on it."""
    request = HttpRequest()
    request.session = SessionStore(session_key)
    records = get_authentication_records(request, user)
    latest_s = max((record.get("at", 0.0) for record in records), default=0.0)
    if time.time() - latest_s > app_settings.REAUTHENTICATION_TIMEOUT:
        raise NotRecent


@transaction.atomic
def carry_out(job_id: UUID) -> Deletion:
    """Delete the account and all that leads to it.

    A job that is done, or that another process is at, is returned as it is.
    """
    free = Deletion.objects.select_for_update(skip_locked=True)
    job = free.filter(pk=job_id, user__isnull=False).first()
    if job is None or job.user is None:
        return Deletion.objects.get(pk=job_id)
    _take_time()
    user = _lock_everything(job.user)
    job.counts = _delete(user) if user else {}
    job.user, job.finished_at = None, Now()
    job.save()
    job.refresh_from_db()
    return job


def _take_time() -> None:
    """Many messages take longer than what a page may wait for."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '60s'")
        cursor.execute("SET LOCAL lock_timeout = '10s'")


def _lock_everything(user_id: int) -> User | None:
    """Conversations before the person, the order of everybody else who takes both.

    Whoever holds the person's row can be followed by no new conversation; those that
    came before it was held are locked by the second look.
    """
    owned = Conversation.objects.filter(user=user_id).order_by("pk")
    list(owned.select_for_update().values_list("pk", flat=True))
    user = User.objects.select_for_update().filter(pk=user_id).first()
    list(owned.select_for_update().values_list("pk", flat=True))
    return user


def _delete(user: User) -> dict[str, int]:
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    n_sessions, _ = Session.objects.filter(session_key__in=list(keys)).delete()
    reviewed_sets.forget_person(user=user)
    url = user.avatar_url
    transaction.on_commit(lambda: avatars.forget(url))
    forgotten = {"authenticator": second_factor.forget(user=user)}
    _, counts = user.delete()
    named = {label.split(".")[1].lower(): n for label, n in counts.items()}
    return named | {"session": n_sessions} | {k: n for k, n in forgotten.items() if n}


def finish_deletions() -> int:
    """Carry out what a dead process left; returns how many."""
    left = Deletion.objects.filter(user__isnull=False).values_list("pk", flat=True)
    return len([carry_out(job_id) for job_id in left])
