"""What people may send to have many texts read, over REST and from the page Analyse."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chat.inputs import MAX_TEXTS, NamesField, PlainTextField
from inference.registry import EMOTION, TASKS

LONGEST = max(task.max_text for task in TASKS.values())


class TaskNamesField(NamesField):
    """Names of classifiers of any task; whether they are of this one, the service says."""


class ClassifyInput(serializers.Serializer[Any]):
    """A text may be as long as its task allows."""

    texts = serializers.ListField(
        child=PlainTextField(LONGEST), min_length=1, max_length=MAX_TEXTS
    )
    task = serializers.ChoiceField(
        choices=[(task.name, task.title) for task in TASKS.values()],
        default=EMOTION,
        error_messages={"invalid_choice": f"Choose one of {', '.join(TASKS)}."},
    )
    classifiers = TaskNamesField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields: dict[str, Any] = super().get_fields()
        fields["texts"].child.max_length = self._limit()
        return fields

    def _limit(self) -> int:
        """Of the task that is asked for; the longest of all where none is, or no such."""
        given = getattr(self, "initial_data", None)
        name = given.get("task", EMOTION) if isinstance(given, dict) else None
        is_known = isinstance(name, str) and name in TASKS
        return TASKS[name].max_text if is_known else LONGEST
