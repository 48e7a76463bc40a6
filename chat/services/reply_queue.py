"""The reply row is the queue: claim, lease, fence, finish.

Execution is at-least-once, persistence exactly-once. Every write of a running reply
names its attempt, so that a process which lost its lease changes nothing: it gets
StaleAttempt. Locks are always taken conversation first, then reply.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from chat.care.fixed import CARE_PREFIX, FIXED_PREFIX, care_of, is_fixed
from chat.events import Event, classification_body
from chat.models import Classification, Conversation, Message, Reply
from chat.services.conversations import durable
from chat.services.ranking import rank_message
from chat.services.said import said_before
from chat.services.told import label_told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from chat.querysets import ReplyQuerySet
    from inference.types import Classified, HistoryTurn

REPLY_TIMEOUT = timedelta(seconds=10)


_IS_FIXED = Q(generator__startswith=CARE_PREFIX) | Q(generator__startswith=FIXED_PREFIX)


class StaleAttempt(Exception):
    """Another process holds this reply now, or it has ended."""


@dataclass(frozen=True, slots=True)
class Claim:
    """All that one attempt at one reply needs to know.

    `label` is what the model is told of the emotion, as far as that is known already.
    """

    reply: UUID
    attempt: int
    conversation: UUID
    user: int
    message: UUID
    message_key: int
    text: str
    seed: int
    generator: str
    ordinal: int
    queued_at: datetime
    to_classify: tuple[str, ...]
    first_classifier: str
    label: str | None
    history: tuple[HistoryTurn, ...]
    heard: tuple[str, ...]


@transaction.atomic
def claim_waiting(most: int, *, fixed_only: bool = False) -> tuple[Claim, ...]:
    """Take the oldest replies that may start, at most so many, each under a lease.

    Together, so that a claim costs the less the more of them wait. `fixed_only`: those
    that need no model, while there is no engine.
    """
    rows = Reply.objects.claimable()
    replies = (
        (rows.filter(_IS_FIXED) if fixed_only else rows)
        .filter(conversation__deleted_at=None, stop_requested_at=None)
        .select_related("message")
        .prefetch_related("message__classifications")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("created_at")[:most]
    )
    taken = Reply.objects.filter(pk__in=[reply.pk for reply in replies])
    taken.update(
        state=Reply.State.RUNNING,
        attempt=F("attempt") + 1,
        text="",
        lease_until=Now() + _lease(),
        deadline_at=Now() + REPLY_TIMEOUT,
    )
    return tuple(_claim_of(reply) for reply in replies)


def _lease() -> timedelta:
    return timedelta(seconds=settings.EMOCHAT_LEASE_S)


def _claim_of(reply: Reply) -> Claim:
    message = reply.message
    said = said_before(reply)
    read = {reading.classifier: reading for reading in message.classifications.all()}
    first = next(iter(message.classifiers), "")
    return Claim(
        reply=reply.id,
        attempt=reply.attempt + 1,
        conversation=reply.conversation_id,
        user=message.user_id,
        message=message.uuid,
        message_key=message.pk,
        text=message.text,
        seed=reply.seed,
        generator=reply.generator if is_fixed(reply.generator) else "",
        ordinal=reply.ordinal,
        queued_at=reply.created_at,
        to_classify=tuple(name for name in message.classifiers if name not in read),
        first_classifier=first,
        label=label_told(reply, read.get(first)),
        history=said.history,
        heard=said.heard,
    )


def begin_reply(
    *,
    claim: Claim,
    classified: Sequence[Classified],
    names: Sequence[str],
    generator: str,
) -> tuple[Event, ...]:
    """Store what the classifiers read and say that the reply starts.

    `names` are the classifiers of `classified`, in its order. Raises StaleAttempt.
    """
    with transaction.atomic():
        conversation = lock_claimed(claim)
        if not ours(claim).update(generator=generator):
            raise StaleAttempt
        events = [
            _store_classification(conversation, claim, name, scores)
            for name, scores in zip(names, classified, strict=True)
        ]
        if events:
            rank_message(user_id=claim.user, message_id=claim.message)
        events.append(durable(conversation, _started_body(claim, generator)))
        _mark(conversation, claim)
        return tuple(events)


def lock_claimed(claim: Claim) -> Conversation:
    try:
        return Conversation.objects.select_for_update().get(pk=claim.conversation)
    except Conversation.DoesNotExist as error:
        raise StaleAttempt from error


def ours(claim: Claim) -> ReplyQuerySet:
    return Reply.objects.filter(
        pk=claim.reply, attempt=claim.attempt, state=Reply.State.RUNNING
    )


def _mark(conversation: Conversation, claim: Claim) -> None:
    """Save the conversation's seq, and as the rev of the claim's turn."""
    conversation.save(update_fields=["last_seq", "updated_at"])
    Message.objects.filter(pk=claim.message_key).update(rev=conversation.last_seq)


def _store_classification(
    conversation: Conversation, claim: Claim, name: str, scores: Classified
) -> Event:
    row = Classification.objects.create(
        message_id=claim.message_key,
        classifier=name,
        label=scores.label,
        scores=scores.scores,
        model_version=scores.model_version,
        duration_ms=scores.duration_ms,
    )
    body = {"type": "message.classified", "message": str(claim.message)}
    return durable(conversation, body | classification_body(row))


def _started_body(claim: Claim, generator: str) -> dict[str, object]:
    return {
        "type": "reply.started",
        "reply": str(claim.reply),
        "message": str(claim.message),
        "ordinal": claim.ordinal,
        "attempt": claim.attempt,
        "generator": generator,
    }


@dataclass(frozen=True, slots=True)
class Lease:
    """What renewing found: whether the reply is still ours, and should go on."""

    is_ours: bool
    is_stop_requested: bool


def renew_lease(*, claim: Claim, text: str) -> Lease:
    """Keep the reply for another lease, with the text that other processes show."""
    is_ours = bool(ours(claim).update(lease_until=Now() + _lease(), text=text))
    stops = ours(claim).filter(stop_requested_at__isnull=False)
    return Lease(is_ours, is_ours and stops.exists())


@dataclass(frozen=True, slots=True)
class Ending:
    """How a reply ended: its whole text and why; timings in ms since it was queued."""

    reason: str
    text: str = ""
    error_code: str = ""
    first_token_ms: int | None = None
    duration_ms: int | None = None


_STATES = {
    Reply.Reason.STOP: Reply.State.DONE,
    Reply.Reason.LENGTH: Reply.State.DONE,
    Reply.Reason.DEADLINE: Reply.State.DONE,
    Reply.Reason.STOPPED: Reply.State.STOPPED,
    Reply.Reason.ERROR: Reply.State.FAILED,
}


@transaction.atomic
def finish_reply(*, claim: Claim, ending: Ending) -> tuple[Event, ...]:
    """Store the reply's one end; raises StaleAttempt where it is not ours to end."""
    conversation = lock_claimed(claim)
    reply = ours(claim).select_related("message").first()
    if reply is None:
        raise StaleAttempt
    return (end_reply(conversation, reply, ending),)


def end_reply(conversation: Conversation, reply: Reply, ending: Ending) -> Event:
    """Write the end of an open reply of a locked conversation."""
    Reply.objects.filter(pk=reply.pk).update(
        state=_STATES[Reply.Reason(ending.reason)],
        finish_reason=ending.reason,
        text=ending.text,
        error_code=ending.error_code,
        first_token_ms=ending.first_token_ms,
        duration_ms=ending.duration_ms,
        lease_until=None,
    )
    event = durable(conversation, _finished_body(reply, ending), reply.message)
    conversation.save(update_fields=["last_seq", "updated_at"])
    return event


def _finished_body(reply: Reply, ending: Ending) -> dict[str, object]:
    body: dict[str, object] = {
        "type": "reply.finished",
        "reply": str(reply.id),
        "message": str(reply.message.uuid),
        "reason": ending.reason,
        "text": ending.text,
        "first_token_ms": ending.first_token_ms,
        "duration_ms": ending.duration_ms,
    }
    if ending.error_code:
        body["error_code"] = ending.error_code
    if care := care_of(reply.generator):
        body["care"] = care
    return body
