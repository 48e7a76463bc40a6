"""What a person is told of staff who read: which conversation, on which day, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat.models import AccessRecord, Conversation

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from chat.models import User

MAX_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Read:
    """Staff opened it that day for that reason, once or more often; never who."""

    conversation: UUID
    title: str
    day: date
    reason: str


def reads_of(user: User) -> list[Read]:
    """The latest reads of the conversations that the person still has; two queries."""
    found = AccessRecord.objects.for_user(user)
    kept = found.values_list("conversation", "at__date", "reason")
    distinct = list(dict.fromkeys(kept[: 10 * MAX_SHOWN]))[:MAX_SHOWN]
    ids = {conversation for conversation, _, _ in distinct}
    titles = dict(Conversation.objects.filter(pk__in=ids).values_list("pk", "title"))
    return [Read(one, titles.get(one, ""), day, why) for one, day, why in distinct]
