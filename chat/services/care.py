"""Noticing danger: the one writer of SafetyEvent, inside the transaction of the message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from chat.care import fixed
from chat.care.detect import RULES_VERSION, assess
from chat.care.records import SafetyEvent
from chat.services.conversations import lock_conversation
from chat.sessions import authenticate

if TYPE_CHECKING:
    from uuid import UUID

    from chat.care.detect import Finding
    from chat.models import Conversation

N_CAREFUL = 3  # messages after a detection that the model does not answer either
Kind = SafetyEvent.Kind


def choose_generator(
    conversation: Conversation, message_id: UUID, text: str, finding: Finding | None
) -> str:
    """Return who writes the reply, "" for the model; record what was found.

    After a detection the next messages are not for the model either, until the person
    says that they are safe.
    """
    if finding:
        _record(conversation.id, message_id, finding.kind)
        return fixed.CARE_PREFIX + finding.kind
    if _is_level_high(conversation):
        if not fixed.says_safe(text):
            return fixed.FOLLOW_UP
        _record(conversation.id, message_id, Kind.SAFE)
        return fixed.LOWERED
    return fixed.PROGRAM if fixed.asks_what_it_is(text) else ""


def _record(conversation_id: UUID, message_id: UUID | None, kind: str) -> None:
    SafetyEvent.objects.create(
        conversation=conversation_id, message=message_id, kind=kind, rules=RULES_VERSION
    )


def _is_level_high(conversation: Conversation) -> bool:
    if not conversation.last_seq:
        return False  # it is new
    event = SafetyEvent.objects.latest_of(conversation.id)
    if event is None or event.kind == Kind.SAFE:
        return False
    # The message that was found dangerous is stored after its event.
    return conversation.messages.filter(created_at__gt=event.at).count() <= N_CAREFUL


@transaction.atomic
def say_safe(*, session_key: str | None, conversation_id: UUID) -> None:
    """Keep that the person said "I am safe for now"; raises NotFound for others' ids."""
    conversation = lock_conversation(authenticate(session_key), conversation_id)
    event = SafetyEvent.objects.latest_of(conversation.id)
    if event is not None and event.kind != Kind.SAFE:
        _record(conversation.id, None, Kind.SAFE)


def regenerated_by(text: str, generators: list[str]) -> str:
    """Who writes another reply to a message: never the model where it was not let before."""
    if finding := assess(text):
        return fixed.CARE_PREFIX + finding.kind
    return next((g for g in generators if fixed.is_fixed(g)), "")
