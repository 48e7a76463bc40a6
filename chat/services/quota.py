"""How often a person may send: one bucket, whichever door they use.

The generic cell rate algorithm (ATM Forum TM 4.0, 1996; `User.sends_full_at` is its
theoretical arrival time): a single conditional update, so that parallel sends can
not overrun it.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from chat import classifiers as choice
from chat.errors import RateLimited
from chat.models import User
from chat.sessions import authenticate

if TYPE_CHECKING:
    from datetime import datetime


READINGS_A_SEND = 64


def take_send(user: User, n_sends: int = 1) -> None:
    """Count sends of this person, or raise RateLimited with the seconds to wait.

    Whoever has room for one may take several; they then wait for as many longer.
    """
    interval = timedelta(minutes=1) / settings.EMOCHAT_MESSAGES_PER_MINUTE
    tolerance = interval * (settings.EMOCHAT_MESSAGES_BURST - 1)
    has_room = Q(sends_full_at=None) | Q(sends_full_at__lte=Now() + tolerance)
    full_at = Greatest(F("sends_full_at"), Now()) + interval * n_sends
    if not User.objects.filter(has_room, pk=user.pk).update(sends_full_at=full_at):
        raise RateLimited(retry_after_s=_wait_s(user.sends_full_at, tolerance))


@transaction.atomic
def take_one(*, session_key: str | None) -> User:
    """Count one send of whoever it is; raises Unauthenticated, RateLimited."""
    user = authenticate(session_key)
    take_send(user)
    return user


@transaction.atomic
def take_batch(
    *, session_key: str | None, n_texts: int, classifiers: list[str] | None
) -> tuple[int, list[str]]:
    """Count a batch as sends; return whose it is and who reads it.

    Raises Unauthenticated, UnknownClassifier, RateLimited.
    """
    user = authenticate(session_key)
    default = choice.default(user)
    names = default if classifiers is None else choice.check_choice(classifiers)
    take_send(user, math.ceil(n_texts * len(names) / READINGS_A_SEND))
    return user.pk, names


def _wait_s(full_at: datetime | None, tolerance: timedelta) -> float:
    if full_at is None:
        return 1.0
    return max(0.1, (full_at - tolerance - timezone.now()).total_seconds())
