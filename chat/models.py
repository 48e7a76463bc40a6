"""People, conversations, messages, replies. Every write is in `chat.services`."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Func, Q

from chat.care.records import SafetyEvent
from chat.deletions import Deletion
from chat.people import User
from chat.querysets import ConversationQuerySet, MessageManager, ReplyManager
from chat.searching import SEARCH_CONFIG
from chat.staff import AccessRecord, Candidate, Review, SearchRecord, Triage
from inference.registry import EMOTION_LABELS

__all__ = [
    "AccessRecord",
    "Candidate",
    "Classification",
    "Conversation",
    "Correction",
    "Deletion",
    "Feedback",
    "Message",
    "Reply",
    "Review",
    "SafetyEvent",
    "SearchRecord",
    "Triage",
    "User",
]

TITLE_MAX_LENGTH = 80


def _words() -> models.GeneratedField:
    """Return the words of `text` in their basic forms: to find them costs a look only."""
    return models.GeneratedField(
        expression=SearchVector("text", config=SEARCH_CONFIG),
        output_field=SearchVectorField(),
        db_persist=True,
    )


class Conversation(models.Model):
    """A thread of turns. `last_seq` numbers its durable events without gaps."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=TITLE_MAX_LENGTH)
    classifiers = ArrayField(models.CharField(max_length=40), size=5)
    last_seq = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("read_conversation", "Can read what people wrote, giving a reason"),
            ("triage_conversation", "Can flag and assign conversations"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["user", "-updated_at", "-id"], name="conversation_of_user"
            ),
            models.Index(fields=["-updated_at", "-id"], name="conversation_latest"),
            models.Index(
                fields=["deleted_at"],
                name="conversation_deleted",
                condition=Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Message(models.Model):
    """What a person wrote. `rev` is the seq of the latest durable event of its turn.

    `uuid` (column `id`) is the id that the client made, unique for that person only:
    what another person sends under the same id is another message.
    """

    key = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(db_column="id", editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="messages")
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages"
    )
    seq = models.PositiveIntegerField()
    rev = models.PositiveIntegerField()
    text = models.TextField()
    classifiers = ArrayField(models.CharField(max_length=40), size=5)
    created_at = models.DateTimeField(auto_now_add=True)
    words = _words()

    objects = MessageManager()

    class Meta:
        ordering: ClassVar = ["seq"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "uuid"], name="message_once_a_person"
            ),
            models.UniqueConstraint(
                fields=["conversation", "seq"], name="message_seq_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["conversation", "rev"], name="message_rev"),
            models.Index(fields=["uuid"], name="message_uuid"),
            models.Index(fields=["created_at"], name="message_created"),
            GinIndex(fields=["words"], name="message_words"),
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class Classification(models.Model):
    """What one classifier read in one message: scores are a softmax over its labels.

    Postgres fills in `conversation` (a trigger) and `score`, that of the label, so that
    staff can filter a million of them by one index; writers name neither.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="classifications")
    conversation = models.ForeignKey(
        Conversation,
        models.CASCADE,
        related_name="classifications",
        editable=False,
        db_index=False,
    )
    classifier = models.CharField(max_length=40)
    label = models.CharField(max_length=40)
    scores = models.JSONField()
    score = models.GeneratedField(
        expression=Func(
            F("scores"),
            F("label"),
            template="((%(expressions)s)::double precision)",
            arg_joiner=" ->> ",
        ),
        output_field=models.FloatField(null=True),
        db_persist=True,
    )
    model_version = models.CharField(max_length=80)
    duration_ms = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["conversation", "label", "classifier", "score"],
                name="reading_of_conversation",
            ),
            models.Index(fields=["label", "score"], name="reading_of_label"),
            models.Index(fields=["classifier", "score"], name="reading_of_classifier"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message", "classifier"], name="classification_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.classifier}: {self.label}"


class Reply(models.Model):
    """What we wrote back; while it is open, its row is its place in the queue.

    A running reply is held by one process under a lease; every write of that process
    names the attempt, so that what a dead process still says changes nothing. While
    pending, `lease_until` is the time before which it is not tried again.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    class Reason(models.TextChoices):
        STOP = "stop"
        LENGTH = "length"
        STOPPED = "stopped"
        DEADLINE = "deadline"
        ERROR = "error"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="replies")
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="replies"
    )
    ordinal = models.PositiveSmallIntegerField()
    queued_seq = models.PositiveIntegerField()
    attempt = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    lease_until = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    stop_requested_at = models.DateTimeField(null=True)
    generator = models.CharField(max_length=80, blank=True)
    seed = models.BigIntegerField()
    text = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=8, choices=Reason.choices, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    first_token_ms = models.PositiveIntegerField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    words = _words()

    objects = ReplyManager()

    class Meta:
        verbose_name_plural = "replies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message", "ordinal"], name="reply_ordinal_once"
            ),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(state="running"),
                name="one_running_reply_a_conversation",
            ),
            models.UniqueConstraint(
                fields=["message"],
                condition=Q(state__in=["pending", "running"]),
                name="one_open_reply_a_message",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["pending", "running", "done", "stopped", "failed"]
                ),
                name="reply_state_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["queued_seq", "created_at"],
                name="reply_queue",
                condition=Q(state__in=["pending", "running"]),
            ),
            models.Index(fields=["-created_at"], name="reply_latest"),
            models.Index(fields=["state", "-created_at"], name="reply_of_state"),
            models.Index(
                fields=["finish_reason", "-created_at"], name="reply_of_reason"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Feedback(models.Model):
    """A thumb for one reply: 1 or -1; taking it back deletes the row."""

    reply = models.OneToOneField(Reply, models.CASCADE, related_name="feedback")
    value = models.SmallIntegerField()
    note = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name_plural = "feedback"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(value__in=[-1, 1]), name="feedback_value_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.value:+d}"


class Correction(models.Model):
    """The label that the person says is right for their own message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="corrections")
    user = models.ForeignKey(User, models.CASCADE, related_name="corrections")
    label = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "user"], name="correction_once"),
            models.CheckConstraint(
                condition=Q(label__in=EMOTION_LABELS), name="correction_label_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label
