"""Write the matrix: JSON, Markdown, a figure, and the table in README."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from benchmarks.processes import ROOT
from inference.registry import FRAMEWORKS
from inference.reports import MATRIX_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.frameworks.runner import Found

NOT_MEASURED = "not measured"
README = ROOT / "README.md"
MARKED = re.compile(r"(<!-- frameworks -->\n).*?(<!-- /frameworks -->)", re.DOTALL)
COLOURS = {"pytorch": "#2F5BD7", "tensorflow": "#D6336C"}
STYLE: Any = {
    "svg.hashsalt": "emochat",
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def write(found: Found, folder: Path) -> None:
    """Write matrix.json, matrix.md and, where matplotlib is installed, ratios.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (folder / MATRIX_NAME).write_text(text, encoding="utf-8")
    (folder / "matrix.md").write_text(markdown(found), encoding="utf-8")
    draw(found, folder / "ratios.svg")


def write_readme(found: Found, path: Path = README) -> None:
    """Put the matrix between README's two marks."""
    table = _table(found["rows"]["cpu"])
    own = MARKED.sub(rf"\g<1>{table}\n\g<2>", path.read_text("utf-8"))
    path.write_text(own, encoding="utf-8")


def markdown(found: Found) -> str:
    parts = ["# PyTorch and TensorFlow, measured", _how(found)]
    for device, rows in found["rows"].items():
        parts += [f"## On the {device.upper()}", _table(rows)]
    parts += ["## Do their explanations agree?", _agreement(found["agreement"])]
    parts += ["## What the paper said", _claims(found["claims"])]
    parts += ["## Which to take", _situations(found["situations"])]
    parts += ["## Our own lines of code", _lines(found["lines"])]
    return "\n\n".join(parts) + "\n"


def _how(found: Found) -> str:
    own, machine = found["options"], found["machine"]
    articles = found["prepared"].get("n_articles", own["articles"])
    busy = (
        f"Others took at most {found['others_share']:.0%} of the machine meanwhile."
        if found["is_quiet"]
        else f"**Others took up to {found['others_share']:.0%} of the machine: its times"
        " are a try, no measurement.**"
    )
    return (
        f"Made by `manage.py compare_frameworks` on {machine['cpu']} (cores:"
        f" {machine['cores']}, threads used: {own['threads']}). Trainings of each: "
        f"{own['seeds']}, of {articles} articles (epochs: {own['epochs']:g}); rounds of"
        f" serving: {own['rounds']}. They went in turn (A B, B A),"
        " each in a process of its own. A ratio is TensorFlow's figure to PyTorch's: the"
        f" median of the pairs, with a bootstrap interval of 95 %. {busy}"
    )


def _table(rows: Sequence[Found]) -> str:
    head = ["", *FRAMEWORKS.values(), "TensorFlow / PyTorch", "better"]
    return _rows_of(head, ([r["title"], *_cells(r)] for r in rows))


def _cells(row: Found) -> list[str]:
    figures = [_figure(row[name], row["unit"]) for name in FRAMEWORKS]
    if not row["ratio"]:
        return [*figures, NOT_MEASURED, NOT_MEASURED]
    return [*figures, ratio_words(row), _winner_words(row["winner"])]


def ratio_words(row: Found) -> str:
    median, low, high = row["ratio"]
    if low == high:
        return f"{median:.2f}"
    return f"{median:.2f} [{low:.2f}, {high:.2f}]"


def _winner_words(winner: str) -> str:
    return FRAMEWORKS.get(winner, "no clear difference")  # type: ignore[call-overload, no-any-return]


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return NOT_MEASURED
    digits = 4 if not unit else 0 if value >= 100 else 2
    return f"{value:.{digits}f} {unit}".strip()


def _agreement(found: Found) -> str:
    head = ["rank correlation of the words' weights, median", *found]
    titles = {
        "same_weights": "the same weights in both frameworks",
        "twins": "each seed's PyTorch model and its TensorFlow twin",
        "seeds": "two seeds of one framework",
    }
    rows = (
        [words, *(_correlation(one[key]) for one in found.values())]
        for key, words in titles.items()
    )
    return _rows_of(head, rows)


def _correlation(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:.3f}"


def _claims(found: Sequence[Found]) -> str:
    rows = ([one["claim"], one["holds"]] for one in found)
    return _rows_of(["the paper", "does it still hold?"], rows)


def _situations(found: Sequence[Found]) -> str:
    rows = ([one["situation"], one["take"]] for one in found)
    return _rows_of(["when", "take"], rows)


def _lines(found: Found) -> str:
    rows = (
        [task, *(str(own[name]) for name in FRAMEWORKS)] for task, own in found.items()
    )
    return _rows_of(["to", *FRAMEWORKS.values()], rows)


def _rows_of(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def draw(found: Found, path: Path) -> None:
    """Draw each ratio with its interval, coloured by who is better."""
    try:
        import matplotlib as mpl
    except ImportError:
        return
    mpl.use("svg")
    from matplotlib import pyplot

    rows = [row for row in reversed(found["rows"]["cpu"]) if row["ratio"]]
    with mpl.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(6.4, 0.32 * len(rows) + 0.9))
        for at, row in enumerate(rows):
            median, low, high = row["ratio"]
            colour = COLOURS.get(row["winner"], "#777777")
            axes.plot([low, high], [at, at], color=colour)
            axes.plot([median], [at], "o", color=colour)
        axes.axvline(1, color="#999999", linewidth=0.8)
        axes.set_xscale("log")
        axes.set_yticks(range(len(rows)), [row["title"] for row in rows])
        axes.set_xlabel("TensorFlow's figure / PyTorch's (blue: PyTorch is better)")
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
