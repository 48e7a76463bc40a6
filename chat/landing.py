"""What the landing page shows to people who have not signed in."""

from __future__ import annotations

from typing import Any

from chat.readings import reading_shown
from inference.registry import EMOTION_LABELS


def landing_context() -> dict[str, Any]:
    """What the landing page shows: what the shipped models say to the example.

    Source: `manage.py ask "I did not expect to get the job, and I did!"`, kept here so
    that a visitor costs the engine nothing.
    """
    scores = (0.007, 0.014, 0.075, 0.003, 0.017, 0.884)
    reading = {
        "classifier": "bert",
        "scores": dict(zip(EMOTION_LABELS, scores, strict=True)),
        "model_version": "six emotions",
        "duration_ms": 12,
    }
    example = {
        "text": "I did not expect to get the job, and I did!",
        "reading": reading_shown(reading),
        "reply": "Oh wow, that is really something! What was your first thought?",
    }
    return {"labels": EMOTION_LABELS, "example": example}
