"""Letting staff read: first the record is written, then something is shown.

Every function here commits its record before it returns. Where that fails, the
exception goes up and nothing has been read: it fails closed.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from chat.errors import BadRequest, NotFound
from chat.models import AccessRecord, Conversation, SearchRecord
from chat.staff import REASON_MAX_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from chat.models import User


class ReasonNeeded(BadRequest):
    message = "Say in a few words why you need to read this."


MIN_REASON = 5


def clean_reason(typed: str) -> str:
    """Return the reason without spaces around it; raises ReasonNeeded."""
    reason = " ".join(typed.replace("\x00", "").split())[:REASON_MAX_LENGTH]
    if len(reason) < MIN_REASON:
        raise ReasonNeeded
    return reason


def last_reason(staff: User, conversation_id: UUID) -> str:
    """What this member of staff last gave for this conversation; "" where nothing."""
    own = AccessRecord.objects.filter(staff=str(staff.pk), conversation=conversation_id)
    return own.order_by("-at").values_list("reason", flat=True).first() or ""


@transaction.atomic
def open_conversation(
    *, staff: User, conversation_id: UUID, reason: str
) -> Conversation:
    """Record that staff read it, and return it.

    Raises ReasonNeeded, and NotFound where its person deleted it.
    """
    reason = clean_reason(reason)
    there = Conversation.objects.filter(pk=conversation_id, deleted_at=None)
    conversation = there.select_related("user", "triage").first()
    if conversation is None:
        raise NotFound
    record_access(staff=staff, conversations=[conversation_id], reason=reason)
    return conversation


@transaction.atomic
def record_access(*, staff: User, conversations: Iterable[UUID], reason: str) -> None:
    """Append that staff read these conversations; a reason too long is cut."""
    kept = reason[:REASON_MAX_LENGTH]
    AccessRecord.objects.bulk_create(
        [
            AccessRecord(staff=str(staff.pk), conversation=one, reason=kept)
            for one in conversations
        ],
        batch_size=1_000,
    )


@transaction.atomic
def record_search(*, staff: User, words: str) -> None:
    """Append that staff searched in what people wrote."""
    SearchRecord.objects.create(staff=str(staff.pk), digest=search_digest(words))


def search_digest(words: str) -> str:
    """Return the keyed digest under which a search is recorded."""
    key = f"staff-search:{settings.SECRET_KEY}".encode()
    return hmac.digest(key, " ".join(words.lower().split()).encode(), "sha256").hex()
