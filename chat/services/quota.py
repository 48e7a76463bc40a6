"""How often a person may send: one bucket, whichever door they use.

The generic cell rate algorithm (ATM Forum TM 4.0, 1996; `User.sends_full_at` is its
theoretical arrival time): a single conditional update, so that parallel sends can
not overrun it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from chat.errors import RateLimited
from chat.models import User

if TYPE_CHECKING:
    from datetime import datetime


def take_send(user: User) -> None:
    """Count one send of this person, or raise RateLimited with the seconds to wait."""
    interval = timedelta(minutes=1) / settings.EMOCHAT_MESSAGES_PER_MINUTE
    tolerance = interval * (settings.EMOCHAT_MESSAGES_BURST - 1)
    has_room = Q(sends_full_at=None) | Q(sends_full_at__lte=Now() + tolerance)
    full_at = Greatest(F("sends_full_at"), Now()) + interval
    if not User.objects.filter(has_room, pk=user.pk).update(sends_full_at=full_at):
        raise RateLimited(retry_after_s=_wait_s(user.sends_full_at, tolerance))


def _wait_s(full_at: datetime | None, tolerance: timedelta) -> float:
    if full_at is None:
        return 1.0
    return max(0.1, (full_at - tolerance - timezone.now()).total_seconds())
