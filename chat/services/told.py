"""Which emotion the reply model is told of: ADR 0059."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat.classifiers import sure_from
from chat.models import Correction

if TYPE_CHECKING:
    from chat.models import Classification, Reply
    from inference.types import Classified

    Read = Classification | Classified


def label_told(reply: Reply, reading: Classification | None) -> str | None:
    """Return what the person says it is, once they ask for another reply; else the reading."""
    if reply.ordinal > 1:
        own = Correction.objects.filter(message=reply.message, user=reply.message.user)
        if label := own.values_list("label", flat=True).first():
            return str(label)
    return sure_label(reading.classifier, reading) if reading else None


def sure_label(classifier: str, reading: Read | None) -> str | None:
    """Return the label that was read; None where people are told "Not sure"."""
    if reading is None:
        return None
    score = reading.scores[reading.label]
    return reading.label if score >= sure_from().get(classifier, 0.0) else None
