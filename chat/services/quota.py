"""How often a person may send, have texts read, or ask why: a bucket each, whichever door.

The generic cell rate algorithm (ATM Forum TM 4.0, 1996; `User.sends_full_at`,
`readings_full_at` and `explains_full_at` are its theoretical arrival times): a single
conditional update, so that parallel requests can not overrun it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from chat import classifiers as choice
from chat.errors import ModelUnavailable, RateLimited
from chat.models import User
from chat.sessions import authenticate

if TYPE_CHECKING:
    from datetime import datetime


EXPLANATIONS_BURST = 10
READINGS_AHEAD = timedelta(seconds=1)


def take_send(user: User, n_sends: int = 1) -> None:
    """Count sends of this person, or raise RateLimited with the seconds to wait.

    Whoever has room for one may take several; they then wait for as many longer.
    """
    interval = timedelta(minutes=1) / settings.EMOCHAT_MESSAGES_PER_MINUTE
    tolerance = interval * (settings.EMOCHAT_MESSAGES_BURST - 1)
    _take(user, "sends_full_at", interval * n_sends, tolerance)


def take_explanation(user: User, n: int = 1) -> None:
    """Count explanations as `take_send` counts sends, in a bucket of their own."""
    interval = timedelta(minutes=1) / settings.EMOCHAT_EXPLANATIONS_PER_MINUTE
    tolerance = interval * (EXPLANATIONS_BURST - 1)
    _take(user, "explains_full_at", interval * n, tolerance)


def take_readings(user: User, n_readings: int) -> None:
    """Count texts read in bulk, in a bucket of their own: the chat goes on beside them."""
    interval = timedelta(minutes=1) / settings.EMOCHAT_READINGS_PER_MINUTE
    _take(user, "readings_full_at", interval * n_readings, READINGS_AHEAD)


def _take(user: User, bucket: str, cost: timedelta, tolerance: timedelta) -> None:
    has_room = Q(**{bucket: None}) | Q(**{f"{bucket}__lte": Now() + tolerance})
    full_at = Greatest(F(bucket), Now()) + cost
    if not User.objects.filter(has_room, pk=user.pk).update(**{bucket: full_at}):
        raise RateLimited(retry_after_s=_wait_s(getattr(user, bucket), tolerance))


@transaction.atomic
def take_one(*, session_key: str | None) -> User:
    """Count one send of whoever it is; raises Unauthenticated, RateLimited."""
    user = authenticate(session_key)
    take_send(user)
    return user


@transaction.atomic
def take_batch(
    *, session_key: str | None, n_texts: int, task: str, classifiers: list[str] | None
) -> tuple[int, list[str]]:
    """Count a batch's readings; return whose it is and who reads it.

    Raises Unauthenticated, UnknownClassifier, ModelUnavailable, RateLimited.
    """
    user = authenticate(session_key)
    if classifiers is None:
        names = choice.default(user, task)
    else:
        names = choice.check_choice(classifiers, task)
    if not names:
        raise ModelUnavailable(f"No classifier of the task {task} is there.")
    take_readings(user, n_texts * len(names))
    return user.pk, names


def _wait_s(full_at: datetime | None, tolerance: timedelta) -> float:
    if full_at is None:
        return 1.0
    return max(0.1, (full_at - tolerance - timezone.now()).total_seconds())
