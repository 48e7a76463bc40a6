"""The wire: what the server says, and how rows become it (docs/websocket.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat.care.fixed import care_of

if TYPE_CHECKING:
    from uuid import UUID

    from chat.models import Classification, Conversation, Message, Reply

PROTOCOL = "emochat.v1"


@dataclass(frozen=True, slots=True)
class Event:
    """One frame for everybody who watches a conversation.

    `body` is the frame, ready for JSON; a durable one carries `seq`. `for_person`
    marks those that also reach this person's sockets which do not watch it.
    """

    user: int
    conversation: UUID
    body: dict[str, Any]
    for_person: bool = False


def conversation_group(conversation: UUID) -> str:
    return f"c.{conversation.hex}"


def person_group(user_id: int) -> str:
    return f"u.{user_id}"


def conversation_body(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": str(conversation.id),
        "title": conversation.title,
        "classifiers": conversation.classifiers,
    }


def classification_body(row: Classification) -> dict[str, Any]:
    return {
        "classifier": row.classifier,
        "label": row.label,
        "scores": row.scores,
        "model_version": row.model_version,
        "duration_ms": row.duration_ms,
    }


def reply_body(reply: Reply) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": str(reply.id),
        "ordinal": reply.ordinal,
        "attempt": reply.attempt,
        "state": reply.state,
        "text": reply.text,
    }
    if reply.finish_reason:
        body["reason"] = reply.finish_reason
    if reply.error_code:
        body["error_code"] = reply.error_code
    if care := care_of(reply.generator):
        body["care"] = care
    return body


def judged_reply_body(reply: Reply) -> dict[str, Any]:
    """Like `reply_body`, with the thumb; queries unless it was prefetched."""
    feedback = getattr(reply, "feedback", None)
    return reply_body(reply) | ({"feedback": feedback.value} if feedback else {})


def turn_body(message: Message) -> dict[str, Any]:
    """A turn as snapshots, `message.created` and REST show it.

    Queries unless the message came from `Message.objects.with_turn()`.
    """
    body = new_turn_body(message)
    body["replies"] = [judged_reply_body(reply) for reply in message.replies.all()]
    rows = {row.classifier: row for row in message.classifications.all()}
    chosen = [rows[name] for name in message.classifiers if name in rows]
    body["classifications"] = [classification_body(row) for row in chosen]
    for correction in message.corrections.all():
        body["correction"] = correction.label
    return body


def new_turn_body(message: Message, *replies: Reply) -> dict[str, Any]:
    """A turn of which nothing is known yet but its replies; makes no query."""
    return {
        "id": str(message.uuid),
        "seq": message.seq,
        "rev": message.rev,
        "text": message.text,
        "created_at": message.created_at.isoformat(),
        "classifiers": message.classifiers,
        "classifications": [],
        "replies": [reply_body(reply) for reply in replies],
    }
