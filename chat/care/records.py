"""That a message spoke of danger, and when: never what it said."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models

if TYPE_CHECKING:
    from uuid import UUID


class SafetyEventQuerySet(models.QuerySet["SafetyEvent"]):
    def latest_of(self, conversation_id: UUID) -> SafetyEvent | None:
        return self.filter(conversation=conversation_id).order_by("-id").first()


class SafetyEvent(models.Model):
    """One detection, or that the person said they are safe for now.

    Plain ids, no foreign keys: what is counted once a year outlives the conversation,
    and leads nowhere once that is deleted. No text, and nobody's name.
    """

    class Kind(models.TextChoices):
        SUICIDE = "suicide"
        SELF_HARM = "self_harm"
        ABUSE = "abuse"
        DANGER = "danger"
        OTHER = "other"
        SAFE = "safe"

    conversation = models.UUIDField()
    message = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    rules = models.CharField(max_length=20)
    at = models.DateTimeField(auto_now_add=True)

    objects = SafetyEventQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        "suicide",
                        "self_harm",
                        "abuse",
                        "danger",
                        "other",
                        "safe",
                    ]
                ),
                name="safety_event_kind_known",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["conversation", "-id"], name="safety_event_of_conversation"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"
