"""The filters of the conversation list; each is answered by one index."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef, Q
from unfold.contrib.filters.admin import RangeDateFilter, TextFilter
from unfold.utils import parse_date_str

from chat.desk.lists import people_of
from chat.models import Classification, Correction, Review, Triage
from inference.registry import CLASSIFIERS, EMOTION_LABELS

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

SCORES = {"50": 0.5, "70": 0.7, "90": 0.9}
READING = ("emotion", "classifier", "below")


class DayFilter(RangeDateFilter):
    """From one day to another, both included, in UTC."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        start, end = (
            self._day(f"{self.parameter_name}_{end}") for end in ("from", "to")
        )
        if start:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": start})
        if end:
            after = end + timedelta(days=1)
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": after})
        return queryset

    def _day(self, name: str) -> datetime | None:
        typed = self.used_parameters.get(name)
        day = parse_date_str(typed) if isinstance(typed, str) else None
        return datetime.combine(day, time.min, UTC) if day else None


class _ReadingFilter(SimpleListFilter):
    """Emotion, classifier and score are asked of one and the same reading."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # The first of the filters in use asks for all of them.
        used = [name for name in READING if request.GET.get(name)]
        if not used or used[0] != self.parameter_name:
            return queryset
        readings = Classification.objects.filter(_reading_asked(request))
        return queryset.filter(Exists(readings.filter(conversation=OuterRef("pk"))))


def _reading_asked(request: HttpRequest) -> Q:
    asked = Q()
    if label := request.GET.get("emotion"):
        asked &= Q(label=label)
    if classifier := request.GET.get("classifier"):
        asked &= Q(classifier=classifier)
    if below := request.GET.get("below"):
        asked &= Q(score__lt=SCORES.get(below, 0.0))
    return asked


class EmotionFilter(_ReadingFilter):
    title = "emotion read"
    parameter_name = "emotion"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(label, label.title()) for label in EMOTION_LABELS]


class ClassifierFilter(_ReadingFilter):
    title = "classifier"
    parameter_name = "classifier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(spec.name, spec.title) for spec in CLASSIFIERS.values()]


class ScoreFilter(_ReadingFilter):
    title = "confidence of a reading"
    parameter_name = "below"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, f"Below {name} %") for name in SCORES]


class _YesNoFilter(SimpleListFilter):
    """Whether there is a row; `rows` leads to the conversation by `lookup`."""

    rows: ClassVar[Any] = None
    lookup = "message__conversation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("yes", "no"):
            return queryset
        found = Exists(self.rows.filter(**{self.lookup: OuterRef("pk")}))
        return queryset.filter(found if self.value() == "yes" else ~found)


class CorrectedFilter(_YesNoFilter):
    title = "corrected by its person"
    parameter_name = "corrected"
    rows = Correction.objects


class ReviewedFilter(_YesNoFilter):
    title = "reviewed"
    parameter_name = "reviewed"
    rows = Review.objects


class FlaggedFilter(_YesNoFilter):
    title = "flagged"
    parameter_name = "flagged"
    rows = Triage.objects.filter(is_flagged=True)
    lookup = "conversation"


class AssignedFilter(SimpleListFilter):
    title = "assigned"
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("me", "To me"), ("any", "To somebody")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "me":
            return queryset.filter(triage__assignee=request.user)
        if self.value() == "any":
            return queryset.filter(triage__assignee__isnull=False)
        return queryset


class PersonFilter(TextFilter):
    title = "person (e-mail)"
    parameter_name = "person"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        words = (self.value() or "").replace("\x00", "").strip()
        return queryset.filter(user__in=people_of(words)) if words else queryset


LOOKUPS = frozenset(
    {
        "updated_at_from",
        "updated_at_to",
        "corrected",
        "flagged",
        "reviewed",
        "assigned",
        "person",
        *READING,
    }
)
