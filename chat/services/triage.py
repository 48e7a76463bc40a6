"""Flagging and assigning conversations, which needs no reading of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from chat.errors import BadRequest
from chat.models import Conversation, Triage

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from uuid import UUID

    from chat.models import User


class NotStaff(BadRequest):
    message = "Conversations can be assigned to those who may read them."


def flag(*, conversations: Iterable[UUID], is_flagged: bool) -> int:
    """Set or clear the flag; returns how many conversations there were."""
    return _note(conversations, is_flagged=is_flagged)


def assign(*, conversations: Iterable[UUID], assignee: User | None) -> int:
    """Give them to one who may read them, or to nobody; raises NotStaff."""
    if assignee and not assignee.has_perm("chat.read_conversation"):
        raise NotStaff
    return _note(conversations, assignee=assignee)


@transaction.atomic
def _note(conversations: Iterable[UUID], **values: Any) -> int:
    there = Conversation.objects.filter(pk__in=list(conversations), deleted_at=None)
    rows = [Triage(conversation=one, **values) for one in there]
    Triage.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["conversation"],
        update_fields=list(values),
    )
    return len(rows)
