"""Which emotion the reply model is told of: ADR 0059."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat.models import Correction
from inference.prompt import is_told

if TYPE_CHECKING:
    from chat.models import Classification, Reply
    from inference.types import Classified


def label_told(reply: Reply, reading: Classification | None) -> str | None:
    """Return what the person says it is, once they ask for another reply; else the reading."""
    if reply.ordinal > 1:
        own = Correction.objects.filter(message=reply.message, user=reply.message.user)
        if label := own.values_list("label", flat=True).first():
            return str(label)
    return likely_label(reading)


def likely_label(reading: Classification | Classified | None) -> str | None:
    """Return the label that was read; None where it is as likely wrong as right."""
    if reading is None or not is_told(reading.scores[reading.label]):
        return None
    return reading.label
