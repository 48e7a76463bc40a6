"""The page Frameworks: PyTorch beside TensorFlow, what was measured and what to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.shortcuts import render

from chat.charts import decimal, percent
from inference.registry import FRAMEWORKS
from inference.reports import framework_matrix

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

Figures = dict[str, Any]
HEADINGS = (*FRAMEWORKS.values(), "TensorFlow to PyTorch", "Better")
NOT_MEASURED = "not measured"
PAIRS = {
    "same_weights": "The same weights in both frameworks",
    "twins": "A PyTorch model and its TensorFlow twin",
    "seeds": "Two trainings in one framework",
}


@dataclass(frozen=True, slots=True)
class Cell:
    heading: str
    words: str
    is_best: bool = False

    @property
    def is_absent(self) -> bool:
        return self.words == NOT_MEASURED


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """The matrix of one device; each row's better one is marked where it is clear."""

    title: str
    rows: list[Row]
    agreement: list[tuple[str, str]]


@login_required
def frameworks(request: HttpRequest) -> HttpResponse:
    """Compare the frameworks, for people who are signed in."""
    return render(request, "chat/frameworks.html", frameworks_context())


def frameworks_context() -> dict[str, Any]:
    """Return all that `chat/frameworks.html` shows; reads a file, asks no database."""
    found = framework_matrix()
    if not found:
        return {}
    return {
        "headings": HEADINGS,
        "devices": [_device(name, found) for name in found["rows"]],
        "claims": found["claims"],
        "situations": found["situations"],
        "how": _how(found),
        "busy": "" if found["is_quiet"] else percent(found["others_share"]),
    }


def _device(name: str, found: Figures) -> DeviceShown:
    agreement = found["agreement"][name]
    return DeviceShown(
        title=f"On the {name.upper()}",
        rows=[Row(row["title"], _cells(row)) for row in found["rows"][name]],
        agreement=[
            (
                words,
                NOT_MEASURED if agreement[key] is None else decimal(agreement[key], 2),
            )
            for key, words in PAIRS.items()
        ],
    )


def _cells(row: Figures) -> list[Cell]:
    winner = row.get("winner", "")
    figures = [
        Cell(title, _figure(row[name], row["unit"]), is_best=name == winner)
        for name, title in FRAMEWORKS.items()
    ]
    words = [NOT_MEASURED] * 2
    if row["ratio"]:
        better = next((t for n, t in FRAMEWORKS.items() if n == winner), "no clear one")
        words = [_ratio(row["ratio"]), better]
    return [*figures, *(Cell(h, w) for h, w in zip(HEADINGS[2:], words, strict=True))]


def _ratio(ratio: list[float]) -> str:
    median, low, high = (decimal(value, 2) for value in ratio)
    return f"× {median}" if low == high else f"× {median} ({low} to {high})"


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return NOT_MEASURED
    digits = 3 if not unit else 0 if value >= 100 else 2
    return f"{decimal(value, digits)}\u00a0{unit}".strip()


def _how(found: Figures) -> dict[str, Any]:
    own = found["options"]
    articles = found["prepared"].get("n_articles", own["articles"])
    return {
        "cpu": found["machine"]["cpu"],
        "cores": found["machine"]["cores"],
        "when": found["machine"].get("when", ""),
        "seeds": own["seeds"],
        "epochs": f"{own['epochs']:g}",
        "articles": articles,
        "rounds": own["rounds"],
        "threads": own["threads"],
    }
