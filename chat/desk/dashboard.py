"""The admin's first page: how the last days went, without a word that was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db import OperationalError

from chat import runtime
from chat.desk.drawing import Bars, bars, stacked
from chat.errors import ModelUnavailable
from chat.figures import Figures, figures_of
from inference.errors import InferenceError

if TYPE_CHECKING:
    from django.http import HttpRequest

    from inference.types import EngineStats

PERIODS = (7, 30, 90)
DEFAULT = 30
KEPT_S = 60


@dataclass(frozen=True, slots=True)
class Engine:
    """What this web process knows of its engine; `stats` is None where it has none."""

    state: str
    stats: EngineStats | None


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold asks for: the context of the index, for those who may see figures."""
    if not request.user.has_perm("chat.view_conversation"):
        return context
    asked = request.GET.get("days", "")
    n_days = int(asked) if asked in map(str, PERIODS) else DEFAULT
    page = {"title": "Dashboard", "periods": PERIODS, "n_days": n_days}
    try:
        figures = cached_figures(n_days)
    except OperationalError:  # longer than a statement may take
        return context | page | {"is_too_long": True}
    return (
        context
        | page
        | {
            "figures": figures,
            "charts": charts(figures),
            "engine": engine(),
            "totals": {
                "conversations": sum(figures.conversations),
                "messages": sum(figures.messages),
                "replies": sum(figures.replies.values()),
            },
        }
    )


def cached_figures(n_days: int) -> Figures:
    """Figures at most a minute old: a page that is reloaded costs the database nothing."""
    key = key_of(n_days)
    figures: Figures | None = cache.get(key)
    if figures is None:
        figures = figures_of(n_days)
        cache.set(key, figures, KEPT_S)
    return figures


def key_of(n_days: int) -> str:
    return f"dashboard-1-{n_days}"


def charts(figures: Figures) -> dict[str, Bars]:
    return {
        "messages": bars(figures.days, figures.messages),
        "conversations": bars(figures.days, figures.conversations),
        "emotions": stacked(figures.days, figures.emotions),
    }


def engine() -> Engine:
    stats = None
    try:
        client = runtime.runner().engine
        stats = client.stats()
        client.check_admission()
    except ModelUnavailable:
        return Engine("there is none", None)
    except InferenceError as error:
        return Engine(f"refuses requests ({type(error).__name__})", stats)
    return Engine("takes requests", stats)
