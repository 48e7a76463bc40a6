"""What people may send to have many texts read, over REST and from the page Analyse."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from chat.inputs import MAX_TEXTS, NamesField, PlainTextField
from inference.registry import EMOTION, TASKS

LONGEST = max(task.max_text for task in TASKS.values())


class TaskNamesField(NamesField):
    """Names of classifiers of any task; whether they are of this one, the service says."""


def _texts(limit: int) -> serializers.ListField:
    return serializers.ListField(
        child=PlainTextField(limit), min_length=1, max_length=MAX_TEXTS
    )


class ClassifyInput(serializers.Serializer[Any]):
    """Texts as long as the longest of any task; `classify_input` returns a task's own."""

    texts = _texts(LONGEST)
    task = serializers.ChoiceField(
        choices=[(task.name, task.title) for task in TASKS.values()],
        default=EMOTION,
        error_messages={"invalid_choice": f"Choose one of {', '.join(TASKS)}."},
    )
    classifiers = TaskNamesField(required=False)


_OF_TASK = {
    task.name: type("ClassifyInput", (ClassifyInput,), {"texts": _texts(task.max_text)})
    for task in TASKS.values()
}


def classify_input(data: object) -> type[ClassifyInput]:
    """Return the shape of the task that is asked for; where it is none, that is told."""
    name = data.get("task", EMOTION) if isinstance(data, dict) else None
    return _OF_TASK.get(name, ClassifyInput) if isinstance(name, str) else ClassifyInput
