"""The figures as SVG: the same results always give the same files. Needs matplotlib."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot

from benchmarks.contenders import SPECS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

STYLE: Any = {
    "svg.hashsalt": "emochat",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
}
NO_DATE = {"Date": None, "Creator": None}
OUR_COLOUR = "#2F5BD7"
COLOURS = ("#D6336C", "#0B9694", "#A88400", "#7048E8", "#868E96", "#E8590C", "#5C940D")
LANES = {
    "reply": ("first_p50_ms", "first word, p50 (ms)"),
    "classify": ("whole_p50_ms", "answer, p50 (ms)"),
}


@contextmanager
def _figure(path: Path, n_rows: int, n_columns: int) -> Iterator[Any]:
    """Yield the axes of a figure, which is then written."""
    with mpl.rc_context(STYLE):
        size = (3.6 * n_columns, 2.8 * n_rows)
        figure, axes = pyplot.subplots(
            n_rows, n_columns, figsize=size, squeeze=False, layout="constrained"
        )
        yield axes
        figure.savefig(path, metadata=NO_DATE)
        pyplot.close(figure)


def draw_engine(cases: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw speed, first answer and cost over the number of clients, for each lane."""
    from benchmarks.engine_report import median_of

    closed = [case for case in cases if case["load"] == "closed"]
    with _figure(path, 2, 3) as axes:
        for row, (lane, (first, title)) in zip(axes, LANES.items(), strict=True):
            wanted = [
                ("messages_s", "messages a second"),
                (first, title),
                ("cpu_ms", "CPU-ms a message"),
            ]
            own = [case for case in closed if case["lane"] == lane]
            for axis, (key, name) in zip(row, wanted, strict=True):
                _draw_lines(axis, own, lambda figures, key=key: median_of(figures, key))
                axis.set_title(
                    f"{'replies' if lane == 'reply' else 'readings'}: {name}"
                )
        axes[0][0].legend(fontsize=7)


def _draw_lines(axis: Any, cases: Sequence[Mapping[str, Any]], value: Any) -> None:
    """One line a contender; both axes logarithmic, for the differences are factors."""
    names = dict.fromkeys(name for case in cases for name in case["figures"])
    for name in names:
        points = {
            case["clients"]: value(case["figures"][name])
            for case in cases
            if name in case["figures"]
        }
        axis.plot(
            list(points),
            list(points.values()),
            marker="o",
            markersize=3,
            label=SPECS[name].title,
            color=_colour(name),
        )
    _log(axis, sorted({case["clients"] for case in cases}))
    axis.set_xlabel("clients")


def _colour(name: str) -> str:
    n = list(SPECS).index(name)
    return OUR_COLOUR if not n else COLOURS[(n - 1) % len(COLOURS)]


def _log(axis: Any, ticks: Sequence[float]) -> None:
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axis.minorticks_off()


def draw_curves(
    panels: Mapping[str, Mapping[str, Mapping[float, float]]], x_title: str, path: Path
) -> None:
    """Draw a panel each, with a line for each name: its y by x; both logarithmic."""
    with _figure(path, 1, len(panels)) as axes:
        for axis, (title, lines) in zip(axes[0], panels.items(), strict=True):
            for colour, (name, points) in zip(
                (OUR_COLOUR, *COLOURS), lines.items(), strict=False
            ):
                axis.plot(
                    list(points),
                    list(points.values()),
                    marker="o",
                    markersize=3,
                    label=name,
                    color=colour,
                )
            _log(axis, sorted({x for points in lines.values() for x in points}))
            axis.set_title(title)
            axis.set_xlabel(x_title)
            axis.legend(fontsize=7)
