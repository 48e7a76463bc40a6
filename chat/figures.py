"""The dashboard's figures of the last days, each by one query."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import (
    Aggregate,
    Case,
    Count,
    F,
    FloatField,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models.functions import TruncDate
from django.utils import timezone

from chat import classifiers
from chat.care.fixed import CARE_PREFIX, FIXED_PREFIX
from chat.models import (
    Classification,
    Conversation,
    Correction,
    Feedback,
    Message,
    Reply,
)
from inference.registry import EMOTION_LABELS

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


class Percentile(Aggregate):
    """Postgres' `percentile_cont`, e.g. `Percentile("ms", fraction=0.95)`."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class ClassifierFigures:
    name: str
    n: int
    share_unsure: float
    mean_score: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares are None where there is nothing to divide by."""

    days: list[date]
    at: datetime
    conversations: list[int]
    messages: list[int]
    emotions: dict[str, list[int]] = field(default_factory=dict)
    classifiers: list[ClassifierFigures] = field(default_factory=list)
    n_compared: int = 0
    share_disagreeing: float | None = None
    n_corrected: int = 0
    n_confirmed: int = 0
    thumbs_up: int = 0
    thumbs_down: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    replies: dict[str, int] = field(default_factory=dict)

    @property
    def share_unsure(self) -> float | None:
        n = sum(one.n for one in self.classifiers)
        unsure = sum(one.n * one.share_unsure for one in self.classifiers)
        return unsure / n if n else None


def figures_of(n_days: int) -> Figures:
    """Return the figures of the last days, today included, in UTC; eight queries."""
    now = timezone.now()
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    since -= timedelta(days=n_days - 1)
    days = [(since + timedelta(days=n)).date() for n in range(n_days)]
    readings = _readings(since)
    return Figures(
        days=days,
        at=now,
        conversations=_a_day(Conversation.objects.filter(created_at__gte=since), days),
        messages=_a_day(Message.objects.filter(created_at__gte=since), days),
        emotions=_emotions(readings, days),
        classifiers=_by_classifier(readings),
        **_disagreement(since),
        **_corrections(since),
        **_replies(since),
    )


def _a_day(rows: QuerySet[Any], days: list[date]) -> list[int]:
    counted = rows.annotate(day=TruncDate("created_at")).values_list("day")
    n_of = dict(counted.annotate(n=Count("pk")).order_by())
    return [n_of.get(day, 0) for day in days]


Reading = tuple[date, str, str, int, int, float]


def _readings(since: datetime) -> list[Reading]:
    """(day, classifier, label, how many, how many unsure, sum of their scores)."""
    whens = [
        When(classifier=name, then=s) for name, s in classifiers.sure_from().items()
    ]
    threshold = Case(*whens, default=Value(0.0), output_field=FloatField())
    rows = Classification.objects.filter(message__created_at__gte=since)
    grouped = rows.annotate(day=TruncDate("message__created_at"))
    counted = grouped.values_list("day", "classifier", "label").annotate(
        n=Count("pk"),
        unsure=Count("pk", filter=Q(score__lt=threshold)),
        total=Sum("score"),
    )
    return list(counted.order_by())


def _emotions(readings: list[Reading], days: list[date]) -> dict[str, list[int]]:
    """How often each label was read a day, by all classifiers."""
    n_of: Counter[tuple[date, str]] = Counter()
    for day, _, label, n, _, _ in readings:
        n_of[day, label] += n
    return {label: [n_of[day, label] for day in days] for label in EMOTION_LABELS}


def _by_classifier(readings: list[Reading]) -> list[ClassifierFigures]:
    sums: dict[str, list[float]] = {}
    for _, name, _, n, unsure, total in readings:
        one = sums.setdefault(name, [0, 0, 0.0])
        sums[name] = [one[0] + n, one[1] + unsure, one[2] + (total or 0.0)]
    return [
        ClassifierFigures(name, int(n), unsure / n, total / n)
        for name, (n, unsure, total) in sorted(sums.items())
    ]


def _disagreement(since: datetime) -> dict[str, Any]:
    """Of the messages that several classifiers read: how many in more than one way."""
    sql = """
        SELECT count(*), count(*) FILTER (WHERE n_labels > 1) FROM (
            SELECT count(DISTINCT c.label) AS n_labels
            FROM chat_message m JOIN chat_classification c ON c.message_id = m.key
            WHERE m.created_at >= %s AND cardinality(m.classifiers) > 1
            GROUP BY m.key HAVING count(*) > 1
        ) AS compared"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [since])
        n, n_differ = cursor.fetchone()
    return {"n_compared": n, "share_disagreeing": n_differ / n if n else None}


def _corrections(since: datetime) -> dict[str, Any]:
    """Labels that people put right, and those that they confirmed."""
    said = Correction.objects.filter(message__created_at__gte=since)
    read = said.filter(
        message__classifications__classifier=F("message__classifiers__0")
    )
    confirmed = Q(label=F("message__classifications__label"))
    counted = read.aggregate(n=Count("pk"), confirmed=Count("pk", filter=confirmed))
    return {
        "n_corrected": counted["n"] - counted["confirmed"],
        "n_confirmed": counted["confirmed"],
    }


def _replies(since: datetime) -> dict[str, Any]:
    """Their states, time to the first word (of the model's own), and thumbs."""
    rows = Reply.objects.filter(created_at__gte=since)
    states = dict(rows.values_list("state").annotate(n=Count("pk")).order_by("state"))
    own = rows.filter(first_token_ms__isnull=False).exclude(
        Q(generator__startswith=CARE_PREFIX) | Q(generator__startswith=FIXED_PREFIX)
    )
    times = own.aggregate(
        p50_ms=Percentile("first_token_ms", fraction=0.5),
        p95_ms=Percentile("first_token_ms", fraction=0.95),
    )
    thumbs = Feedback.objects.filter(reply__created_at__gte=since).aggregate(
        thumbs_up=Count("pk", filter=Q(value=1)),
        thumbs_down=Count("pk", filter=Q(value=-1)),
    )
    return {"replies": states, **times, **thumbs}
