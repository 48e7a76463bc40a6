"""The report's figures as SVG: the same metrics always give the same files.

matplotlib is needed for these alone, and is imported here alone.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from inference.training.data import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

Figures = dict[str, Any]

STYLE: Any = {
    "svg.hashsalt": "emochat",  # else ids of clip paths are drawn at random
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.prop_cycle": "cycler('color', ['2F5BD7', 'D6336C', '0B9694', 'A88400'])",
    "legend.frameon": False,
}
NO_DATE = {"Date": None, "Creator": None}
SHOWN = {
    "emotion": "the paper's set",
    "chat": "our 200 chat messages",
    "goemotions": "GoEmotions",
    "news": "BBC news",
    "empathetic_dialogues": "EmpatheticDialogues",
    "own": "our own lines",
}


def check_matplotlib() -> None:
    """Raise DataError, saying what to install, where the figures cannot be drawn."""
    try:
        import matplotlib  # noqa: F401, PLC0415  (the report alone needs it)
    except ImportError as error:
        raise DataError(
            "The figures need matplotlib: pip install -r requirements-report.txt"
        ) from error


def draw_model(metrics: Figures, folder: Path) -> None:
    """Write confusion.svg, reliability.svg, coverage.svg and, if known, epochs.svg."""
    main = next(iter(metrics["sets"].values()))
    _draw_confusion(main, folder / "confusion.svg")
    _draw_reliability(metrics["sets"], folder / "reliability.svg")
    _draw_coverage(metrics, folder / "coverage.svg")
    if epochs := metrics["training"].get("validation"):
        _draw_epochs(epochs, folder / "epochs.svg")


def draw_lengths(lengths: Mapping[str, Sequence[int]], path: Path) -> None:
    """Draw, for each kind of text, the share of texts by their number of words."""
    with _axes(path, "words in a text", "share of texts") as axes:
        for name, counts in lengths.items():
            total = sum(counts)
            shares = [count / total for count in counts]
            axes.step(range(len(counts)), shares, where="mid", label=_title(name))
        axes.legend()


def _draw_confusion(figures: Figures, path: Path) -> None:
    labels, rows = figures["labels"], figures["confusion"]
    shares = [[count / max(1, sum(row)) for count in row] for row in rows]
    with _axes(path, "read as", "is", size=(4.6, 4.2)) as axes:
        axes.grid(visible=False)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.set_xticks(range(len(labels)), labels, rotation=45, ha="right")
        axes.set_yticks(range(len(labels)), labels)
        for y, row in enumerate(rows):
            for x, count in enumerate(row):
                ink = "white" if shares[y][x] > 0.5 else "black"
                axes.text(x, y, str(count), ha="center", va="center", color=ink)


def _draw_reliability(sets: Figures, path: Path) -> None:
    with _axes(path, "score", "share that was right", size=(4.6, 4.2)) as axes:
        axes.plot([0, 1], [0, 1], color="0.6", linestyle=":", label="honest")
        for name in ("emotion", "news", "goemotions", "chat"):
            if name in sets:
                bins = sets[name]["reliability"]
                x, y = [b["score"] for b in bins], [b["accuracy"] for b in bins]
                axes.plot(x, y, marker="o", markersize=3.5, label=_title(name))
        axes.set_ylim(0, 1.02)
        axes.legend()


def _draw_coverage(metrics: Figures, path: Path) -> None:
    with _axes(path, "only scores from", "share of texts") as axes:
        for name in ("emotion", "news", "chat"):
            if name in metrics["sets"]:
                _plot_curve(axes, name, metrics["sets"][name]["thresholds"])
        if metrics["sure_from"]:
            axes.axvline(metrics["sure_from"], color="0.4", linestyle=":")
        axes.set_ylim(0, 1.02)
        axes.legend()


def _plot_curve(axes: Axes, name: str, rows: Sequence[Figures]) -> None:
    x = [row["threshold"] for row in rows]
    right = [row["accuracy"] for row in rows]  # None, past the end, leaves a gap
    title = _title(name)
    (line,) = axes.plot(x, [_or_nan(value) for value in right], label=f"right, {title}")
    kept = [row["coverage"] for row in rows]
    axes.plot(x, kept, "--", color=line.get_color(), label=f"kept, {title}")


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _draw_epochs(epochs: Sequence[Figures], path: Path) -> None:
    x = range(1, len(epochs) + 1)
    with _axes(path, "epoch", "accuracy on validation texts") as axes:
        for key in (key for key in epochs[0] if key.endswith("_accuracy")):
            title = _title(key.removesuffix("_accuracy"))
            axes.plot(x, [epoch[key] for epoch in epochs], marker="o", label=title)
        axes.set_xticks(list(x))
        axes.legend()
        if all("loss" in epoch for epoch in epochs):
            losses = axes.twinx()
            losses.plot(x, [epoch["loss"] for epoch in epochs], "k--")
            losses.set_ylabel("mean loss in training (dashed)")


def _title(name: str) -> str:
    return SHOWN.get(name, name)


@contextmanager
def _axes(
    path: Path, x_title: str, y_title: str, size: tuple[float, float] = (5.6, 3.6)
) -> Iterator[Axes]:
    """Give axes to draw on, and write them to the path at the end."""
    import matplotlib  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        axes.set_xlabel(x_title)
        axes.set_ylabel(y_title)
        yield axes
        figure.savefig(path, format="svg", metadata=NO_DATE)
