"""Bars a day as SVG geometry, in percent of the drawing, with the same as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

GAP = 0.2  # of a bar's place


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle; x, y, width and height are percentages."""

    x: str
    y: str
    width: str
    height: str
    label: str
    title: str


@dataclass(frozen=True, slots=True)
class Bars:
    bars: list[Bar]
    head: list[str]
    rows: list[list[str]]
    top: int
    first: str
    last: str


def bars(days: Sequence[date], counts: Sequence[int]) -> Bars:
    """One bar a day; the highest reaches the top."""
    return _chart(days, {"": counts}, max(counts, default=0), is_share=False)


def stacked(days: Sequence[date], series: Mapping[str, Sequence[int]]) -> Bars:
    """Each day's shares of the series, one above the other, as high as the drawing."""
    return _chart(days, series, 100, is_share=True)


def _chart(
    days: Sequence[date],
    series: Mapping[str, Sequence[int]],
    top: int,
    *,
    is_share: bool,
) -> Bars:
    place = 100 / max(1, len(days))
    drawn = []
    for n, day in enumerate(days):
        total = sum(counts[n] for counts in series.values())
        whole = total if is_share else top
        base = 100.0
        for label, counts in series.items():
            height = 100 * counts[n] / whole if whole else 0.0
            base -= height
            words = _words(day, label, counts[n], total)
            drawn.append(_bar(place, n, base, height, label, words))
    head = ["Day", *(label.title() or "Number" for label in series)]
    rows = [
        [f"{day:%-d %b %Y}", *(str(counts[n]) for counts in series.values())]
        for n, day in enumerate(days)
    ]
    ends = [f"{day:%-d %b}" for day in (*days[:1], *days[-1:])] or ["", ""]
    visible = [bar for bar in drawn if bar.height != "0.00%"]
    return Bars(visible, head, rows, top, ends[0], ends[-1])


def _words(day: date, label: str, n: int, total: int) -> str:
    share = f" ({100 * n / total:.0f} %)" if label and total else ""
    return f"{day:%-d %b}: {n:,}{' ' + label if label else ''}{share}"


def _bar(place: float, n: int, y: float, height: float, label: str, title: str) -> Bar:
    return Bar(
        x=f"{place * (n + GAP / 2):.3f}%",
        y=f"{max(0.0, y):.2f}%",
        width=f"{place * (1 - GAP):.3f}%",
        height=f"{height:.2f}%",
        label=label,
        title=title,
    )
