"""People, conversations, messages, replies. Every write is in `chat.services`."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from inference.registry import EMOTION_LABELS

TITLE_MAX_LENGTH = 80


class UserManager(BaseUserManager["User"]):
    """Makes people who sign in with their e-mail address."""

    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )


class User(AbstractUser):
    """A person. The e-mail signs in; `display_name` is empty until they told us."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    display_name = models.CharField(_("name"), max_length=60, blank=True)
    avatar_url = models.CharField(_("picture"), max_length=200, blank=True)
    # The theoretical arrival time of the generic cell rate algorithm (ATM Forum
    # TM 4.0): one column is the whole bucket, shared by every door.
    sends_full_at = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.display_name or self.email

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def for_user(self, user: User) -> ConversationQuerySet:
        """The person's own conversations that are not deleted."""
        return self.filter(user=user, deleted_at=None)

    def deleted_by(self, user: User) -> ConversationQuerySet:
        return self.filter(user=user, deleted_at__isnull=False)

    def search(self, text: str) -> ConversationQuerySet:
        """Those whose title, or a message or reply in it, contains the text."""
        said = {"conversation": models.OuterRef("pk"), "text__icontains": text}
        return self.filter(
            Q(title__icontains=text)
            | models.Exists(Message.objects.filter(**said))
            | models.Exists(Reply.objects.filter(**said))
        )

    def progress(self) -> dict[uuid.UUID, tuple[int, bool]]:
        """The last seq of each, and whether a reply is open; one query."""
        replies = Reply.objects.open().filter(conversation=models.OuterRef("pk"))
        rows = self.annotate(is_busy=models.Exists(replies))
        found = rows.values_list("pk", "last_seq", "is_busy")
        return {pk: (seq, is_busy) for pk, seq, is_busy in found}

    def latest_first(self) -> ConversationQuerySet:
        return self.order_by("-updated_at", "-id")


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
        indexes: ClassVar = [
            models.Index(
                fields=["user", "-updated_at", "-id"], name="conversation_of_user"
            ),
            models.Index(
                fields=["deleted_at"],
                name="conversation_deleted",
                condition=Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class MessageQuerySet(models.QuerySet["Message"]):
    def for_user(self, user: User) -> MessageQuerySet:
        return self.filter(user=user, conversation__deleted_at=None)

    def with_turn(self) -> MessageQuerySet:
        """Each with all that its turn shows; four queries in all."""
        return self.prefetch_related(
            "classifications",
            "corrections",
            models.Prefetch("replies", Reply.objects.order_by("ordinal")),
            "replies__feedback",
        )


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

    objects = MessageQuerySet.as_manager()

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
            models.Index(fields=["conversation", "rev"], name="message_rev")
        ]

    def __str__(self) -> str:
        return str(self.uuid)


class Classification(models.Model):
    """What one classifier read in one message: scores are a softmax over its labels."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="classifications")
    classifier = models.CharField(max_length=40)
    label = models.CharField(max_length=40)
    scores = models.JSONField()
    model_version = models.CharField(max_length=80)
    duration_ms = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["message", "classifier"], name="classification_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.classifier}: {self.label}"


class ReplyQuerySet(models.QuerySet["Reply"]):
    def for_user(self, user: User) -> ReplyQuerySet:
        return self.filter(conversation__user=user, conversation__deleted_at=None)

    def open(self) -> ReplyQuerySet:
        return self.filter(state__in=[Reply.State.PENDING, Reply.State.RUNNING])

    def claimable(self) -> ReplyQuerySet:
        """Pending replies that are first of their conversation's queue and may start."""
        rivals = Reply.objects.filter(conversation=models.OuterRef("conversation"))
        earlier = rivals.filter(state=Reply.State.PENDING).filter(
            Q(queued_seq__lt=models.OuterRef("queued_seq"))
            | Q(
                queued_seq=models.OuterRef("queued_seq"),
                created_at__lt=models.OuterRef("created_at"),
            )
        )
        return self.filter(
            ~models.Exists(rivals.filter(state=Reply.State.RUNNING)),
            ~models.Exists(earlier),
            Q(lease_until=None) | Q(lease_until__lte=Now()),
            state=Reply.State.PENDING,
        )


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

    objects = ReplyQuerySet.as_manager()

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


class Review(models.Model):
    """What a member of staff says about a message's label."""

    class Verdict(models.TextChoices):
        ACCEPT = "accept"
        FIX = "fix"
        REJECT = "reject"
        UNSURE = "unsure"

    message = models.ForeignKey(Message, models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(User, models.CASCADE, related_name="reviews")
    label = models.CharField(max_length=40, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    note = models.CharField(max_length=1000, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "reviewer"], name="review_once")
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.label}"


class AccessRecord(models.Model):
    """That a member of staff opened a conversation, and why.

    Plain ids, no foreign keys: the record outlives both the person and the
    conversation.
    """

    staff = models.CharField(max_length=40)
    conversation = models.UUIDField()
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.conversation} {self.at:%Y-%m-%d %H:%M}"
