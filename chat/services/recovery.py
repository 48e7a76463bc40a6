"""Putting back into the queue what was not finished, a few times, then ending it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from chat.errors import ModelUnavailable
from chat.models import Conversation, Reply
from chat.services.reply_queue import (
    Ending,
    StaleAttempt,
    end_reply,
    lock_claimed,
    ours,
)

if TYPE_CHECKING:
    from uuid import UUID

    from chat.events import Event
    from chat.services.reply_queue import Claim

MAX_ATTEMPTS = 5


@transaction.atomic
def release_reply(*, claim: Claim, text: str, delay_s: float) -> tuple[Event, ...]:
    """Put a reply that the engine refused or lost back, for `delay_s` seconds.

    After MAX_ATTEMPTS it ends instead, with the `text` that it had. Raises StaleAttempt.
    """
    conversation = lock_claimed(claim)
    reply = ours(claim).select_related("message").first()
    if reply is None:
        raise StaleAttempt
    reply.text = text
    event = _put_back_or_end(conversation, reply, delay_s)
    return (event,) if event else ()


def sweep() -> tuple[Event, ...]:
    """Pick up what a dead process left, and end what was to be stopped.

    A running reply whose lease is over goes back to the queue, or fails after
    MAX_ATTEMPTS. Safe to run in several processes at once.
    """
    left = Reply.objects.filter(_left_behind()).order_by("created_at")
    events = [_recover(pk, conv) for pk, conv in left.values_list("pk", "conversation")]
    return tuple(event for event in events if event is not None)


def _left_behind() -> Q:
    expired = Q(state=Reply.State.RUNNING, lease_until__lt=Now())
    unwanted = Q(state=Reply.State.PENDING, stop_requested_at__isnull=False)
    return expired | unwanted


@transaction.atomic
def _recover(reply_id: UUID, conversation_id: UUID) -> Event | None:
    locked = Conversation.objects.select_for_update()
    conversation = locked.filter(pk=conversation_id).first()
    left = Reply.objects.select_related("message").filter(_left_behind(), pk=reply_id)
    reply = left.first()
    if conversation is None or reply is None:
        return None
    return _put_back_or_end(conversation, reply, delay_s=0.0)


def _put_back_or_end(
    conversation: Conversation, reply: Reply, delay_s: float
) -> Event | None:
    """Requeue an open reply of a locked conversation, unless it has had its chances.

    It keeps its text until the next attempt begins, or should there be none.
    """
    if reply.stop_requested_at:
        return end_reply(conversation, reply, Ending("stopped", reply.text))
    if reply.attempt >= MAX_ATTEMPTS:
        failure = Ending("error", reply.text, ModelUnavailable.code)
        return end_reply(conversation, reply, failure)
    Reply.objects.filter(pk=reply.pk).update(
        state=Reply.State.PENDING,
        text=reply.text,
        lease_until=Now() + timedelta(seconds=delay_s),
    )
    return None


def give_up(*, waited_s: float) -> tuple[Event, ...]:
    """End the replies that could have started `waited_s` ago, had there been an engine."""
    since = Now() - timedelta(seconds=waited_s)
    is_old = Q(created_at__lte=since) & (
        Q(lease_until=None) | Q(lease_until__lte=since)
    )
    left = Reply.objects.claimable().filter(is_old).order_by("created_at")
    events = [_give_up(pk, conv) for pk, conv in left.values_list("pk", "conversation")]
    return tuple(event for event in events if event is not None)


@transaction.atomic
def _give_up(reply_id: UUID, conversation_id: UUID) -> Event | None:
    locked = Conversation.objects.select_for_update()
    conversation = locked.filter(pk=conversation_id).first()
    waiting = Reply.objects.select_related("message").filter(state=Reply.State.PENDING)
    reply = waiting.filter(pk=reply_id).first()
    if conversation is None or reply is None:
        return None
    failure = Ending("error", reply.text, ModelUnavailable.code)
    return end_reply(conversation, reply, failure)
