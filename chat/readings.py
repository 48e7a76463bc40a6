"""What a chip says of one classifier's scores.

`static/chat/emotion.js` words percentages and doubts by the same rules, since the
same page goes on live where scripts run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inference.registry import CLASSIFIERS, EMOTION_LABELS

SPLIT_BELOW = 0.15  # the top two scores this close: we name both


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    title: str
    percent: str
    width: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one classifier read in a message."""

    classifier: str
    title: str
    label: str
    words: str
    percent: str
    is_split: bool
    is_unsure: bool
    bars: list[Bar]
    source: str


def reading_shown(classification: dict[str, Any], sure_from: float = 0.0) -> Reading:
    """Word the scores; those that all lie below `sure_from` name no emotion."""
    scores: dict[str, float] = classification["scores"]
    name = classification["classifier"]
    title = CLASSIFIERS[name].title if name in CLASSIFIERS else name
    top, second = sorted(scores, key=lambda label: -scores[label])[:2]
    is_unsure = scores[top] < sure_from
    is_split = not is_unsure and scores[top] - scores[second] < SPLIT_BELOW
    version, duration_ms = (
        classification["model_version"],
        classification["duration_ms"],
    )
    return Reading(
        classifier=name,
        title=title,
        label=top,
        words=_words(top, second, is_split=is_split, is_unsure=is_unsure),
        percent="" if is_split or is_unsure else percent(scores[top]),
        is_split=is_split,
        is_unsure=is_unsure,
        bars=[_bar(label, scores[label]) for label in _labels(name) if label in scores],
        source=f"{title} · {version} · {duration_ms} ms",
    )


def _labels(name: str) -> tuple[str, ...]:
    """The labels in their task's order; of a classifier that is gone, emotions."""
    return CLASSIFIERS[name].labels if name in CLASSIFIERS else EMOTION_LABELS


def _words(top: str, second: str, *, is_split: bool, is_unsure: bool) -> str:
    if is_unsure:
        return "Not sure"
    return f"{top.title()} or {second}?" if is_split else top.title()


def _bar(label: str, score: float) -> Bar:
    return Bar(label, label.title(), percent(score), f"{100 * score:.1f}%")


def percent(score: float) -> str:
    """Word a score; never as certainty, which a softmax cannot give."""
    if score < 0.005:
        return "<1\u00a0%"
    return f"{min(99, int(100 * score + 0.5))}\u00a0%"
