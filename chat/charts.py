"""Charts of shares as SVG geometry, made here so that the page needs no scripts.

Both axes go from 0 to 1. `templates/chat/_chart.html` draws, `models.css` colours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEFT, RIGHT, TOP, BOTTOM = 42, 342, 10, 194
TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tick:
    at: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series: `points` for a polyline, `dots` (x, y) where its values are."""

    name: str
    points: str
    dots: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Table:
    """The same values in words, for whoever reads no pictures."""

    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Chart:
    title: str
    summary: str
    x_title: str
    y_title: str
    lines: list[Line]
    table: Table
    marker: str = ""
    has_diagonal: bool = False
    x_ticks: list[Tick] = field(
        default_factory=lambda: [Tick(_x(t), percent(t)) for t in TICKS]
    )
    y_ticks: list[Tick] = field(
        default_factory=lambda: [Tick(_y(t), percent(t)) for t in TICKS]
    )


def line(name: str, points: Sequence[Point], *, has_dots: bool = False) -> Line:
    places = [(_x(x), _y(y)) for x, y in points]
    return Line(
        name, " ".join(f"{x},{y}" for x, y in places), places if has_dots else []
    )


def marker(x: float) -> str:
    """Return where a vertical line at x stands; none at 0."""
    return _x(x) if x else ""


def percent(share: float | None, digits: int = 0) -> str:
    return "" if share is None else f"{decimal(share, digits, 100)}\u00a0%"


def decimal(value: float, digits: int, factor: int = 1) -> str:
    """Write a figure as a person rounds it: 0.8905 is 0.891, though no float is 0.8905."""
    exact = Decimal(str(value)) * factor
    return str(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _x(value: float) -> str:
    return f"{LEFT + (RIGHT - LEFT) * value:.1f}"


def _y(value: float) -> str:
    return f"{BOTTOM - (BOTTOM - TOP) * value:.1f}"
