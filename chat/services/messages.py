"""Accepting what a person wrote, and what they say about it later."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.db import connection, transaction

from chat import classifiers as choice
from chat.care.detect import assess
from chat.errors import Conflict, NotFound, ReplyActive
from chat.events import Event, new_turn_body
from chat.models import TITLE_MAX_LENGTH, Conversation, Correction, Message, Reply
from chat.services.care import choose_generator
from chat.services.conversations import (
    conversation_updated,
    durable,
    lock_conversation,
    set_classifiers,
)
from chat.services.quota import take_send
from chat.services.ranking import rank_message
from chat.sessions import authenticate

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat.care.detect import Finding
    from chat.models import User

MAX_WAITING = 5


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an ack says; `is_duplicate` where the message was already stored."""

    conversation: UUID
    message: UUID
    reply: UUID
    seq: int
    is_duplicate: bool = False
    events: tuple[Event, ...] = ()


@transaction.atomic
def accept_message(
    *,
    session_key: str | None,
    message_id: UUID,
    text: str,
    conversation_id: UUID | None,
    classifiers: list[str] | None,
    check_admission: Callable[[], None],
) -> Accepted:
    """Store a message and its pending reply, once for each id that the client made.

    The same id again returns the stored ack and costs nothing; with another text it
    raises Conflict. Raises Unauthenticated, NotFound, UnknownClassifier, ReplyActive,
    RateLimited, and whatever `check_admission` raises: then nothing is stored. A message
    that speaks of danger is not asked whether there is room: its reply needs no model.
    """
    user = authenticate(session_key)
    _serialise(user, message_id)
    if stored := _find_stored(user, message_id, text):
        return stored
    finding = assess(text)
    if finding is None:
        check_admission()
    chosen = choice.check_choice(classifiers) if classifiers is not None else None
    conversation = _lock_or_create(user, conversation_id, text, chosen)
    if conversation_id is not None:
        check_queue(conversation)
    take_send(user)
    return _store(user, conversation, message_id, text, chosen, finding)


def _serialise(user: User, message_id: UUID) -> None:
    """Make parallel sends of one id wait for each other, until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
            [f"{user.pk}:{message_id}"],
        )


def _find_stored(user: User, message_id: UUID, text: str) -> Accepted | None:
    stored = Message.objects.filter(user=user, uuid=message_id).first()
    if stored is None:
        return None
    if stored.text != text:
        raise Conflict("This message was already sent with another text.")
    reply = stored.replies.order_by("ordinal").values_list("id", flat=True)[0]
    return Accepted(stored.conversation_id, stored.uuid, reply, stored.seq, True)


def _lock_or_create(
    user: User, conversation_id: UUID | None, text: str, chosen: list[str] | None
) -> Conversation:
    if conversation_id is not None:
        return lock_conversation(user, conversation_id)
    title = _title_of(text)
    return Conversation.objects.create(
        id=uuid4(), user=user, title=title, classifiers=chosen or choice.default(user)
    )


def _title_of(text: str) -> str:
    """The first line, cut at a word where it is too long."""
    line = " ".join(text.split("\n", 1)[0].split())
    if len(line) <= TITLE_MAX_LENGTH:
        return line
    return line[: TITLE_MAX_LENGTH - 1].rsplit(" ", 1)[0][: TITLE_MAX_LENGTH - 1] + "…"


def check_queue(conversation: Conversation) -> None:
    """Raise ReplyActive where one reply runs and as many wait as may."""
    if conversation.replies.open().count() > MAX_WAITING:
        raise ReplyActive


def _store(
    user: User,
    conversation: Conversation,
    message_id: UUID,
    text: str,
    chosen: list[str] | None,
    finding: Finding | None,
) -> Accepted:
    generator = choose_generator(conversation, message_id, text, finding)
    seq = conversation.last_seq + 1
    message = Message.objects.create(
        uuid=message_id,
        user=user,
        conversation=conversation,
        seq=seq,
        rev=seq,
        text=text,
        classifiers=chosen or conversation.classifiers,
    )
    reply = queue_reply(
        message, conversation, ordinal=1, queued_seq=seq, generator=generator
    )
    body = {"type": "message.created", "message": new_turn_body(message, reply)}
    events = [durable(conversation, body)]
    if chosen and chosen != conversation.classifiers:
        events.append(set_classifiers(conversation, chosen))
    if seq == 1:
        events.append(conversation_updated(conversation))
    conversation.save(update_fields=["last_seq", "classifiers", "updated_at"])
    return Accepted(conversation.id, message_id, reply.id, seq, events=tuple(events))


def queue_reply(
    message: Message,
    conversation: Conversation,
    *,
    ordinal: int,
    queued_seq: int,
    generator: str,
) -> Reply:
    """Put a reply into the queue; `generator` is "" where the model shall write it."""
    return Reply.objects.create(
        id=uuid4(),
        message=message,
        conversation=conversation,
        ordinal=ordinal,
        queued_seq=queued_seq,
        generator=generator,
        seed=secrets.randbits(31),
    )


@dataclass(frozen=True, slots=True)
class Done:
    """What a command changed, for its ack, and what to tell the watchers."""

    conversation: UUID
    seq: int
    message: UUID | None = None
    reply: UUID | None = None
    events: tuple[Event, ...] = ()


@transaction.atomic
def correct_emotion(*, session_key: str | None, message_id: UUID, label: str) -> Done:
    """Keep the label that the person says is right; raises NotFound for others' ids."""
    user = authenticate(session_key)
    message = owned_message(user, message_id)
    conversation = lock_conversation(user, message.conversation_id)
    Correction.objects.update_or_create(
        message=message, user=user, defaults={"label": label}
    )
    rank_message(user_id=user.pk, message_id=message.uuid)
    body = {"type": "message.corrected", "message": str(message_id), "label": label}
    event = durable(conversation, body, message)
    conversation.save(update_fields=["last_seq"])
    return Done(conversation.id, conversation.last_seq, message_id, events=(event,))


def owned_message(user: User, message_id: UUID) -> Message:
    message = Message.objects.for_user(user).filter(uuid=message_id).first()
    if message is None:
        raise NotFound
    return message
