"""One turn, or one reply, of a person: what REST answers with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat import runtime
from chat.errors import NotFound
from chat.events import judged_reply_body, turn_body
from chat.models import Message, Reply
from chat.sessions import authenticate

if TYPE_CHECKING:
    from uuid import UUID

    from chat.models import User

Body = dict[str, Any]


def turn_shown(message: Message) -> Body:
    return turn_body(message) | {"conversation": str(message.conversation_id)}


def read_turn(*, user: User, message_id: UUID) -> Body:
    """Return the turn of the person's message; five queries. Raises NotFound."""
    owned = Message.objects.for_user(user).filter(uuid=message_id)
    message = owned.with_turn().first()
    if message is None:
        raise NotFound
    return turn_shown(message)


def read_reply(*, user: User, reply_id: UUID) -> Body:
    """Return a reply with its text so far; one query. Raises NotFound."""
    rows = Reply.objects.for_user(user).select_related("message", "feedback")
    reply = rows.filter(pk=reply_id).first()
    if reply is None:
        raise NotFound
    here = runtime.live_text(reply_id) if reply.state == Reply.State.RUNNING else None
    return judged_reply_body(reply) | {
        "conversation": str(reply.conversation_id),
        "message": str(reply.message.uuid),
        "text": reply.text if here is None else here,
        "generator": reply.generator,
        "first_token_ms": reply.first_token_ms,
        "duration_ms": reply.duration_ms,
    }


def read_turn_of_session(session_key: str | None, message_id: UUID) -> Body:
    return read_turn(user=authenticate(session_key), message_id=message_id)


def read_reply_of_session(session_key: str | None, reply_id: UUID) -> Body:
    return read_reply(user=authenticate(session_key), reply_id=reply_id)
