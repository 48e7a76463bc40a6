"""What people do with a reply: stop it, ask for another, judge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Now

from chat.errors import Conflict, NotFound
from chat.models import Feedback, Reply
from chat.services.care import regenerated_by
from chat.services.conversations import durable, lock_conversation
from chat.services.messages import Done, check_queue, owned_message, queue_reply
from chat.services.quota import take_send
from chat.services.reply_queue import Ending, end_reply
from chat.sessions import authenticate

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from chat.events import Event
    from chat.models import Conversation, User


def _locked(user: User, reply_id: UUID) -> tuple[Conversation, Reply]:
    """The person's reply, read after its conversation was locked, or NotFound."""
    owned = Reply.objects.for_user(user).filter(pk=reply_id)
    conversation_id = owned.values_list("conversation", flat=True).first()
    if conversation_id is None:
        raise NotFound
    conversation = lock_conversation(user, conversation_id)
    return conversation, owned.select_related("message").get()


@transaction.atomic
def stop_reply(*, session_key: str | None, reply_id: UUID) -> Done:
    """End a waiting reply now; ask the process that runs it to end a running one.

    Stopping what has ended changes nothing.
    """
    conversation, reply = _locked(authenticate(session_key), reply_id)
    events: tuple[Event, ...] = ()
    if reply.state == Reply.State.PENDING:
        events = (end_reply(conversation, reply, Ending("stopped")),)
    elif reply.state == Reply.State.RUNNING:
        Reply.objects.filter(pk=reply_id).update(stop_requested_at=Now())
    message = reply.message.uuid
    return Done(conversation.id, conversation.last_seq, message, reply_id, events)


@transaction.atomic
def regenerate_reply(
    *, session_key: str | None, message_id: UUID, check_admission: Callable[[], None]
) -> Done:
    """Queue the message's next reply; Conflict while it has an open one.

    Counts as a send. Raises NotFound, ReplyActive, RateLimited.
    """
    user = authenticate(session_key)
    message = owned_message(user, message_id)
    conversation = lock_conversation(user, message.conversation_id)
    if message.replies.open().exists():
        raise Conflict("This message already has a reply on its way.")
    check_admission()
    check_queue(conversation)
    take_send(user)
    reply = queue_reply(
        message,
        conversation,
        ordinal=message.replies.count() + 1,
        queued_seq=conversation.last_seq,
        generator=regenerated_by(
            message.text, list(message.replies.values_list("generator", flat=True))
        ),
    )
    return Done(conversation.id, conversation.last_seq, message_id, reply.id)


@transaction.atomic
def give_feedback(
    *, session_key: str | None, reply_id: UUID, value: int, note: str
) -> Done:
    """Keep a thumb (1 or -1); 0 takes it back."""
    conversation, reply = _locked(authenticate(session_key), reply_id)
    if value:
        Feedback.objects.update_or_create(
            reply=reply, defaults={"value": value, "note": note}
        )
    else:
        Feedback.objects.filter(reply=reply).delete()
    body = {"type": "reply.feedback", "reply": str(reply_id), "value": value}
    event = durable(conversation, body, reply.message)
    conversation.save(update_fields=["last_seq"])
    message = reply.message.uuid
    return Done(conversation.id, conversation.last_seq, message, reply_id, (event,))
