"""Rows for review tests: what people wrote, and what classifiers read in it."""

from __future__ import annotations

import uuid
from typing import Any

from chat import models
from inference.registry import EMOTION_LABELS


def make_person(name: str, **fields: Any) -> models.User:
    person = models.User(email=f"{name}@example.org", display_name=name.title())
    for key, value in fields.items():
        setattr(person, key, value)
    person.set_unusable_password()
    person.save()
    return person


def make_conversation(person: models.User, title: str = "A title") -> Any:
    return models.Conversation.objects.create(
        user=person, title=title, classifiers=["bert"]
    )


def scores_of(label: str, score: float) -> dict[str, float]:
    rest = (1 - score) / (len(EMOTION_LABELS) - 1)
    return {one: score if one == label else rest for one in EMOTION_LABELS}


def make_message(
    conversation: models.Conversation, text: str, **read: tuple[str, float]
) -> models.Message:
    """Store a message and, for each classifier named, its label and score."""
    conversation.last_seq += 1
    conversation.save()
    message = models.Message.objects.create(
        uuid=uuid.uuid4(),
        user=conversation.user,
        conversation=conversation,
        seq=conversation.last_seq,
        rev=conversation.last_seq,
        text=text,
        classifiers=list(read) or ["bert"],
    )
    for classifier, (label, score) in read.items():
        models.Classification.objects.create(
            message=message,
            classifier=classifier,
            label=label,
            scores=scores_of(label, score),
            model_version="1",
            duration_ms=3,
        )
    return message


def make_reply(message: models.Message, text: str, **fields: Any) -> models.Reply:
    values = {"state": "done", "finish_reason": "stop", "first_token_ms": 120}
    return models.Reply.objects.create(
        message=message,
        conversation=message.conversation,
        ordinal=message.replies.count() + 1,
        queued_seq=message.seq,
        seed=1,
        text=text,
        duration_ms=900,
        **values | fields,
    )
