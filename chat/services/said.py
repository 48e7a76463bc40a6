"""What a conversation has heard before a message: for the T5 to go on from, not to repeat."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q

from chat.care.fixed import CARE_PREFIX
from chat.models import Message, Reply
from inference.types import HistoryTurn

MAX_HISTORY = 4
MAX_HEARD = 24


class Said(NamedTuple):
    """The last turns, oldest first, and the texts of earlier replies, latest first."""

    history: tuple[HistoryTurn, ...]
    heard: tuple[str, ...]


def said_before(reply: Reply) -> Said:
    """Read it in two queries; earlier versions of this reply count as heard.

    Without what care answered: the model shall not speak of it, nor like it.
    """
    message = reply.message
    if message.seq == reply.ordinal == 1:
        return Said((), ())  # the first of all: nothing to look for
    # The latest messages first, by their index, and then by name: whatever the planner
    # makes of its statistics, a long history is neither read nor sorted.
    latest_messages = Message.objects.filter(
        conversation=message.conversation_id, seq__lte=message.seq
    ).order_by("-seq")
    words = dict(latest_messages.values_list("pk", "text")[:MAX_HEARD])
    rows = (
        Reply.objects.filter(~Q(text=""), message__in=list(words))
        .exclude(state__in=[Reply.State.PENDING, Reply.State.RUNNING])
        .exclude(generator__startswith=CARE_PREFIX)
        .order_by("-message_id", "-ordinal")  # keys rise with seq: given under its lock
        .values_list("message_id", "text")[:MAX_HEARD]
    )
    latest = {
        key: HistoryTurn(words[key], text)
        for key, text in reversed(rows)
        if key != message.pk
    }
    heard = tuple(text for _, text in rows)
    return Said(tuple(latest.values())[-MAX_HISTORY:], heard)
