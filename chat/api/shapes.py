"""What REST answers look like: for the schema only, the bodies come from `chat.events`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chat.accounts import second_factor
from chat.explain_inputs import METHODS
from chat.models import Reply
from inference.registry import EMOTION_LABELS

Shape = serializers.Serializer[Any]
REPLY_STATES = Reply.State.values
DELETION_STATES = ["running", "done"]


class Problem(Shape):
    """RFC 9457, with `code` for programs and `detail` for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    retryable = serializers.BooleanField()
    retry_after = serializers.FloatField(required=False)


class Classifier(Shape):
    """`f1`, `speed` (messages a second on one core) and `size` (bytes) as measured."""

    name = serializers.CharField()
    title = serializers.CharField()
    task = serializers.CharField()
    framework = serializers.CharField()
    labels = serializers.ListField(child=serializers.CharField())
    sure_from = serializers.FloatField()
    f1 = serializers.FloatField(allow_null=True)
    speed = serializers.FloatField(allow_null=True)
    size = serializers.IntegerField(allow_null=True)


class Part(Shape):
    text = serializers.CharField()
    match = serializers.BooleanField()


class Snippet(Shape):
    """Where a search found it: `parts` are plain text, those that match are marked."""

    message = serializers.UUIDField(allow_null=True)
    parts = Part(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        where = serializers.ChoiceField(choices=["message", "reply", "title"])
        return {"in": where} | super().get_fields()


class Conversation(Shape):
    id = serializers.UUIDField()
    title = serializers.CharField()
    classifiers = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    snippet = Snippet(required=False)


class Page(Shape):
    """`next` and `previous` are addresses; null at the ends."""

    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class ConversationPage(Page):
    results = Conversation(many=True)


class Reading(Shape):
    """Scores are a softmax over the classifier's labels."""

    classifier = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # hides Field.label
    scores = serializers.DictField(child=serializers.FloatField())
    model_version = serializers.CharField()


class Classification(Reading):
    duration_ms = serializers.IntegerField()


class TurnReply(Shape):
    id = serializers.UUIDField()
    ordinal = serializers.IntegerField()
    attempt = serializers.IntegerField()
    state = serializers.ChoiceField(choices=REPLY_STATES)
    text = serializers.CharField()
    reason = serializers.ChoiceField(choices=Reply.Reason.values, required=False)
    error_code = serializers.CharField(required=False)
    care = serializers.CharField(required=False)
    feedback = serializers.IntegerField(required=False)


class WholeReply(TurnReply):
    conversation = serializers.UUIDField()
    message = serializers.UUIDField()
    generator = serializers.CharField()
    first_token_ms = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)


class Turn(Shape):
    id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    seq = serializers.IntegerField()
    rev = serializers.IntegerField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()
    classifiers = serializers.ListField(child=serializers.CharField())
    classifications = Classification(many=True)
    correction = serializers.ChoiceField(choices=EMOTION_LABELS, required=False)
    replies = TurnReply(many=True)


class TurnPage(Page):
    results = Turn(many=True)


class Readings(Shape):
    """One list a text, in the order of the texts; in it one reading a classifier."""

    results = serializers.ListField(child=Reading(many=True))


class Word(Shape):
    """A part of the text, in code points, and what it weighs: below 0 it speaks against."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    weight = serializers.FloatField()


class Explanation(Shape):
    """Why a classifier gives the label this score; no proof of anything."""

    classifier = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # hides Field.label
    method = serializers.ChoiceField(choices=METHODS)
    score = serializers.FloatField()
    words = Word(many=True)
    model_version = serializers.CharField()
    duration_ms = serializers.IntegerField()


class Person(Shape):
    id = serializers.IntegerField()
    email = serializers.EmailField()
    name = serializers.CharField()
    avatar_url = serializers.CharField()
    classifiers = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField()


class Receipt(Shape):
    """`deleted` counts what went, by kind; nothing in it leads to anybody."""

    receipt = serializers.UUIDField()
    state = serializers.ChoiceField(choices=DELETION_STATES)
    requested_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    deleted = serializers.DictField(child=serializers.IntegerField())


class Export(Shape):
    """A list a table, its rows as they are kept."""

    exported_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        tables = (
            "person",
            "email_addresses",
            "google_accounts",
            "sessions",
            "conversations",
            "messages",
            "classifications",
            "corrections",
            "replies",
            "feedback",
            "safety_events",
            "read_by_staff",
            *(["authenticators"] if second_factor.is_offered() else []),
        )
        rows = {
            name: serializers.ListField(child=serializers.DictField())
            for name in tables
        }
        return super().get_fields() | rows
