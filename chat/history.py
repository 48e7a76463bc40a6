"""Reading what came before the latest turns of a long conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat.errors import NotFound
from chat.events import conversation_body, turn_body
from chat.models import Conversation, Message
from chat.snapshots import N_TURNS

if TYPE_CHECKING:
    from uuid import UUID

    from chat.models import User


def read_earlier(*, user: User, conversation_id: UUID, before: int) -> dict[str, Any]:
    """Return a snapshot's body with the N_TURNS turns before that seq; five queries.

    Raises NotFound. A conversation's first message has seq 1, so whoever sees a turn
    with a higher one first knows that there is more.
    """
    conversation = (
        Conversation.objects.for_user(user).filter(id=conversation_id).first()
    )
    if conversation is None:
        raise NotFound
    earlier = Message.objects.filter(conversation=conversation, seq__lt=before)
    turns = list(earlier.order_by("-seq")[:N_TURNS].with_turn())
    return {
        "conversation": conversation_body(conversation),
        "seq": conversation.last_seq,
        "messages": [turn_body(message) for message in reversed(turns)],
    }
