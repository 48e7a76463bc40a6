"""Naming, choosing classifiers for, deleting and restoring a conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models.functions import Now

from chat import classifiers as choice
from chat.errors import NotFound
from chat.events import Event
from chat.models import Conversation, Message
from chat.services.reviewed_sets import forget_conversations
from chat.sessions import authenticate

if TYPE_CHECKING:
    from uuid import UUID

    from chat.models import User

UNDO_FOR = timedelta(minutes=1)


def lock_conversation(user: User, conversation_id: UUID) -> Conversation:
    """Return the person's conversation, held until the commit, or raise NotFound."""
    owned = Conversation.objects.for_user(user).select_for_update()
    conversation = owned.filter(id=conversation_id).first()
    if conversation is None:
        raise NotFound
    return conversation


def durable(
    conversation: Conversation,
    body: dict[str, Any],
    message: Message | None = None,
    *,
    for_person: bool = False,
) -> Event:
    """Give the event the next seq of its (locked) conversation.

    The caller saves `last_seq`; `message`, whose turn the event changes, is marked
    with the seq here.
    """
    conversation.last_seq += 1
    seq = conversation.last_seq
    if message is not None:
        Message.objects.filter(pk=message.pk).update(rev=seq)
    frame = {**body, "conversation": str(conversation.id), "seq": seq}
    return Event(conversation.user_id, conversation.id, frame, for_person)


def conversation_updated(conversation: Conversation) -> Event:
    """A hint for the person's other tabs that the conversation is there."""
    body = _updated_body(conversation) | {"conversation": str(conversation.id)}
    return Event(conversation.user_id, conversation.id, body, for_person=True)


def _updated_body(conversation: Conversation) -> dict[str, Any]:
    return {
        "type": "conversation.updated",
        "title": conversation.title,
        "classifiers": conversation.classifiers,
    }


def set_classifiers(conversation: Conversation, chosen: list[str]) -> Event:
    conversation.classifiers = chosen
    return durable(conversation, _updated_body(conversation), for_person=True)


@transaction.atomic
def create_conversation(
    *, session_key: str | None, title: str, classifiers: list[str] | None
) -> tuple[Conversation, tuple[Event, ...]]:
    """Make an empty conversation of this person."""
    user = authenticate(session_key)
    conversation = Conversation.objects.create(
        user=user,
        title=title,
        classifiers=choice.default(user)
        if classifiers is None
        else choice.check_choice(classifiers),
    )
    return conversation, (conversation_updated(conversation),)


@transaction.atomic
def update_conversation(
    *,
    session_key: str | None,
    conversation_id: UUID,
    title: str | None = None,
    classifiers: list[str] | None = None,
) -> tuple[Conversation, tuple[Event, ...]]:
    """Rename it or choose its classifiers; raises NotFound, UnknownClassifier."""
    conversation = lock_conversation(authenticate(session_key), conversation_id)
    conversation.title = title or conversation.title
    if classifiers is not None:
        conversation.classifiers = choice.check_choice(classifiers)
    event = durable(conversation, _updated_body(conversation), for_person=True)
    conversation.save(update_fields=["title", "classifiers", "last_seq"])
    return conversation, (event,)


@transaction.atomic
def delete_conversation(
    *, session_key: str | None, conversation_id: UUID
) -> tuple[Event, ...]:
    """Hide it at once; it can be restored for a minute, then it is purged."""
    user = authenticate(session_key)
    conversation = lock_conversation(user, conversation_id)
    Conversation.objects.filter(pk=conversation.pk).update(deleted_at=Now())
    conversation.replies.open().update(stop_requested_at=Now())
    body = {"type": "conversation.deleted", "id": str(conversation_id)}
    return (Event(user.pk, conversation_id, body, for_person=True),)


@transaction.atomic
def restore_conversation(
    *, session_key: str | None, conversation_id: UUID
) -> tuple[Conversation, tuple[Event, ...]]:
    """Undo a delete; raises NotFound where the minute is over."""
    user = authenticate(session_key)
    fresh = Conversation.objects.deleted_by(user).filter(
        deleted_at__gt=Now() - UNDO_FOR
    )
    if not fresh.filter(id=conversation_id).update(deleted_at=None):
        raise NotFound
    conversation = lock_conversation(user, conversation_id)
    return conversation, (conversation_updated(conversation),)


@transaction.atomic
def purge_deleted() -> int:
    """Remove for good what was deleted more than a minute ago; returns how many."""
    stale = Conversation.objects.filter(deleted_at__lte=Now() - UNDO_FOR)
    ids = list(stale.values_list("pk", flat=True))
    if not ids:
        return 0
    forget_conversations(ids)
    gone = Conversation.objects.filter(pk__in=ids, deleted_at__isnull=False)
    return gone.delete()[1].get("chat.Conversation", 0)
