"""What staff leave behind: labels, flags, and a trace of whatever they looked at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from chat.people import User
from inference.registry import EMOTION_LABELS

REASON_MAX_LENGTH = 500


class Review(models.Model):
    """What a member of staff says about a message's label.

    Accepted and fixed messages carry the right label; rejected ones are of no use to
    training, and of unsure ones nothing is said.
    """

    class Verdict(models.TextChoices):
        ACCEPT = "accept"
        FIX = "fix"
        REJECT = "reject"
        UNSURE = "unsure"

    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(User, models.CASCADE, related_name="reviews")
    label = models.CharField(max_length=40, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    note = models.CharField(max_length=1000, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        permissions: ClassVar = [
            ("export_review", "Can export reviewed labels as a data set")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "reviewer"], name="review_once"),
            models.CheckConstraint(
                condition=Q(verdict__in=["accept", "fix"], label__in=EMOTION_LABELS)
                | Q(verdict__in=["reject", "unsure"], label=""),
                name="review_label_fits_verdict",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.label}"


class Candidate(models.Model):
    """A message that waits to be labelled, and how much its label would teach.

    Only messages of people who consented are here. `label` is what the first of its
    classifiers read; the figures are those of `chat.services.ranking`.
    """

    message = models.OneToOneField(
        "chat.Message", models.CASCADE, primary_key=True, related_name="candidate"
    )
    label = models.CharField(max_length=40)
    entropy = models.FloatField()
    disagreement = models.FloatField()
    is_corrected = models.BooleanField()
    teaches = models.FloatField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["label", "-teaches"], name="candidate_of_label")
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.teaches:.2f}"


class Triage(models.Model):
    """What staff noted about a conversation without reading it."""

    conversation = models.OneToOneField(
        "chat.Conversation", models.CASCADE, primary_key=True, related_name="triage"
    )
    is_flagged = models.BooleanField(default=False)
    assignee = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="assigned"
    )

    class Meta:
        verbose_name_plural = "triage"
        indexes: ClassVar = [
            models.Index(
                fields=["conversation"],
                name="triage_flagged",
                condition=Q(is_flagged=True),
            )
        ]

    def __str__(self) -> str:
        return "flagged" if self.is_flagged else "not flagged"


class AccessRecordQuerySet(models.QuerySet["AccessRecord"]):
    def for_user(self, user: User) -> AccessRecordQuerySet:
        """When staff read a conversation that is still this person's; latest first."""
        own = user.conversations.filter(deleted_at=None).values("pk")
        return self.filter(conversation__in=own).order_by("-at")


class AccessRecord(models.Model):
    """That a member of staff opened a conversation, and why.

    Plain ids, no foreign keys: the record outlives both the person and the
    conversation. The database refuses to change or delete one.
    """

    staff = models.CharField(max_length=40)
    conversation = models.UUIDField()
    reason = models.CharField(max_length=REASON_MAX_LENGTH)
    at = models.DateTimeField(auto_now_add=True)

    objects = AccessRecordQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["conversation", "-at"], name="access_of_conversation")
        ]

    def __str__(self) -> str:
        return f"{self.conversation} {self.at:%Y-%m-%d %H:%M}"


class SearchRecord(models.Model):
    """That a member of staff searched in what people wrote; append-only too.

    The words themselves are not kept, because they may be a person's own: `digest` is
    keyed, so that whoever has a suspicion can test it (`chat.services.access`).
    """

    staff = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.staff} {self.at:%Y-%m-%d %H:%M}"
