"""What staff leave behind: what they say about a label, and what they looked at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from chat.people import User


class Review(models.Model):
    """What a member of staff says about a message's label."""

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
