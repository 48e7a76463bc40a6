"""Reading a conversation as a newcomer, or from where a reader was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from chat import runtime
from chat.errors import NotFound
from chat.events import conversation_body, turn_body
from chat.models import Conversation, Message, Reply

if TYPE_CHECKING:
    from uuid import UUID

    from chat.models import User

N_TURNS = 50
MAX_BEHIND = 200


@transaction.atomic
def read_snapshot(
    *, user: User, conversation_id: UUID, after: int | None = None
) -> dict[str, Any]:
    """Return what the `snapshot` frame says; six queries. Raises NotFound.

    The turns with `rev > after`; without `after`, or too far behind it, the latest
    N_TURNS and `reset`.
    """
    owned = Conversation.objects.for_user(user).select_for_update(of=("self",))
    conversation = owned.filter(id=conversation_id).first()
    if conversation is None:
        raise NotFound
    is_reset = after is None or not 0 <= conversation.last_seq - after <= MAX_BEHIND
    rows = Message.objects.filter(conversation=conversation)
    rows = rows.order_by("-seq")[:N_TURNS] if is_reset else rows.filter(rev__gt=after)
    turns = sorted(rows.with_turn(), key=lambda message: message.seq)
    body: dict[str, Any] = {
        "conversation": conversation_body(conversation),
        "seq": conversation.last_seq,
        "messages": [turn_body(message) for message in turns],
    }
    if is_reset:
        body["reset"] = True
    return body | _live(conversation)


def _live(conversation: Conversation) -> dict[str, Any]:
    """The running reply's text: from this process if it runs here, else as last kept."""
    running = Reply.objects.select_related("message")
    reply = running.filter(conversation=conversation, state=Reply.State.RUNNING).first()
    if reply is None:
        return {}
    here = runtime.live_text(reply.id)
    live = {
        "reply": str(reply.id),
        "message": str(reply.message.uuid),
        "attempt": reply.attempt,
        "text": reply.text if here is None else here,
    }
    return {"live": live}
