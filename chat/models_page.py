"""The page Models: what was measured of each classifier, in figures and plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.shortcuts import render

from chat.charts import Chart, decimal, percent
from chat.model_charts import SETS, model_charts
from chat.model_rows import HEADINGS, comparison_rows
from chat.readings import Bar
from inference.registry import EMOTION, EMOTION_LABELS, of_task
from inference.reports import comparison, measured

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

Figures = dict[str, Any]
N_SHADES = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """How many of the row's messages were read so, and how dark to shade that."""

    label: str
    count: int
    shade: int


@dataclass(frozen=True, slots=True)
class Confused:
    label: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class SetShown:
    title: str
    n: int
    accuracy: str
    error_before: str
    error: str
    not_sure: str


@dataclass(frozen=True, slots=True)
class ModelShown:
    """One classifier's part of the page."""

    name: str
    title: str
    f1: str
    chat_accuracy: str
    megabytes: str
    metrics: Figures
    sets: list[SetShown]
    bars: list[tuple[str, list[Bar]]]
    confusion: list[Confused]
    charts: list[Chart]
    sure_from: str
    neutral: str


@login_required
def models(request: HttpRequest) -> HttpResponse:
    """Compare the classifiers, for people who are signed in."""
    return render(request, "chat/models.html", models_context())


def models_context() -> dict[str, Any]:
    """Return all that `chat/models.html` shows; reads files, asks no database."""
    found = {name: m for name, m in measured().items() if name in of_task(EMOTION)}
    return {
        "headings": HEADINGS,
        "rows": comparison_rows(found, comparison()),
        "models": [model_shown(metrics) for metrics in found.values()],
        "labels": EMOTION_LABELS,
    }


def model_shown(metrics: Figures) -> ModelShown:
    sets = metrics["sets"]
    main, neutral = sets["emotion"], metrics["neutral"]
    return ModelShown(
        name=metrics["name"],
        title=metrics["title"],
        f1=decimal(main["macro_f1"], 3),
        chat_accuracy=percent(sets["chat"]["accuracy"]) if "chat" in sets else "",
        megabytes=decimal(metrics["bytes"] / 1e6, 0),
        metrics=metrics,
        sets=[_set_shown(name, figures) for name, figures in sets.items()],
        bars=[
            (SETS[n], _bars(sets[n]["per_class"]))
            for n in ("emotion", "chat")
            if n in sets
        ],
        confusion=_confusion(main),
        charts=model_charts(metrics),
        sure_from=percent(metrics["sure_from"]) if metrics["sure_from"] else "",
        neutral=percent(neutral["not_sure"]) if neutral else "",
    )


def _set_shown(name: str, figures: Figures) -> SetShown:
    return SetShown(
        title=SETS.get(name, name),
        n=figures["n"],
        accuracy=percent(figures["accuracy"], 1),
        error_before=percent(figures["ece_before"], 1),
        error=percent(figures["ece"], 1),
        not_sure=percent(figures["not_sure"], 1),
    )


def _bars(per_class: Figures) -> list[Bar]:
    return [
        Bar(label, label.title(), decimal(own["f1"], 2), f"{100 * own['f1']:.1f}%")
        for label, own in per_class.items()
    ]


def _confusion(figures: Figures) -> list[Confused]:
    labels: list[str] = figures["labels"]
    return [
        Confused(label, _cells(labels, row))
        for label, row in zip(labels, figures["confusion"], strict=True)
    ]


def _cells(labels: list[str], row: list[int]) -> list[Cell]:
    total = max(1, sum(row))
    return [
        Cell(label, count, round(N_SHADES * count / total))
        for label, count in zip(labels, row, strict=True)
    ]
