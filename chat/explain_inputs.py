"""What people may send to have a reading explained, over socket, REST and the review queue."""

from __future__ import annotations

from typing import Any, get_args

from rest_framework import serializers

from chat.inputs import MAX_TEXT, IdField, PlainTextField
from inference.registry import TASKS
from inference.types import Method

METHODS = get_args(Method)
MIN_SAMPLES, MAX_SAMPLES = 50, 5_000
MAX_SEED = 2**32 - 1


class WantedInput(serializers.Serializer[Any]):
    """What shall be explained; `label` is the service's to check: each task has its own."""

    classifier = serializers.CharField(trim_whitespace=False, max_length=40)
    label = serializers.CharField(  # type: ignore[assignment]  # hides Field.label
        required=False, allow_null=True, trim_whitespace=False, max_length=40
    )
    method = serializers.ChoiceField(choices=METHODS, required=False, allow_null=True)


class ExplainFrame(WantedInput):
    message = IdField()


class ExplainReviewed(WantedInput):
    """`message` is the number by which staff know it."""

    message = serializers.IntegerField(min_value=1, max_value=2**63 - 1)


class ExplainInput(WantedInput):
    """Without a `task` it is the classifier's own."""

    text = PlainTextField(MAX_TEXT)
    task = serializers.ChoiceField(
        choices=[(task.name, task.title) for task in TASKS.values()],
        required=False,
        allow_null=True,
    )
    n_samples = serializers.IntegerField(
        required=False, min_value=MIN_SAMPLES, max_value=MAX_SAMPLES
    )
    seed = serializers.IntegerField(required=False, min_value=0, max_value=MAX_SEED)
