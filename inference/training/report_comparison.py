"""The classifiers beside each other and beside the paper's, as JSON and as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.registry import CLASSIFIERS, EMOTION, EMOTION_LABELS, of_task
from inference.reports import FORMAT
from inference.training.paper import OF_ALL, OF_EACH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Figures = dict[str, Any]
NOT_GIVEN = "not given"  # by the paper
NOT_MEASURED = "not measured"
NOTES = """
"Own chat" are 200 messages that we wrote as people type; no model learnt from them. ECE is
the expected calibration error on the test lines (15 bins of equal mass), before and after
temperature scaling. A message a second is one on one core, in CPU time, all models in one
run: compare the ratios. "2,000 lines" are the test lines, ours in CPU seconds, 64 at once.
The paper's accuracies and F1 are those of all its five; which had which is not given. Its
table of speeds is headed "msg/s" but holds seconds a message.
"""


def compare(
    measured: Mapping[str, Figures], narrow: Figures | None, lengths: Figures
) -> Figures:
    """Return what the table, the page Models and the length histogram are made of."""
    return {
        "format": FORMAT,
        "models": {name: summary(metrics) for name, metrics in measured.items()},
        "narrow": narrow,
        "paper": {"all": OF_ALL, "each": OF_EACH},
        "lengths": lengths,
    }


def summary(metrics: Figures) -> Figures:
    """Return the row of one model; absent sets and times are None."""
    sets, main = metrics["sets"], metrics["sets"]["emotion"]
    return {
        "title": metrics["title"],
        "version": metrics["version"],
        "accuracy": main["accuracy"],
        "macro_f1": main["macro_f1"],
        "f1": {label: own["f1"] for label, own in main["per_class"].items()},
        "ece_before": main["ece_before"],
        "ece": main["ece"],
        "chat_accuracy": _of(sets, "chat"),
        "openings_accuracy": _of(sets, "empathetic_dialogues"),
        "comments_accuracy": _of(sets, "goemotions"),
        "speed": metrics.get("speed", {}),
        "training_s": metrics["training"].get("seconds"),
        "evaluation_s": metrics["evaluation_s"],
        "parameters": metrics["parameters"],
        "bytes": metrics["bytes"],
    }


def _of(sets: Figures, name: str) -> float | None:
    return sets[name]["accuracy"] if name in sets else None


def comparison_markdown(found: Figures) -> str:
    """Return the page: quality, classes, cost; ours, the narrow one, the paper's."""
    rows = [(row["title"], row) for row in found["models"].values()]
    if found["narrow"]:
        rows.append(("BERT, the paper's settings and data", found["narrow"]))
    parts = [_quality(rows), _classes(rows), _cost(rows)]
    head = "# The classifiers beside each other\n\nMade by `manage.py report`."
    return "\n\n".join([head, *parts, NOTES.strip()]) + "\n"


Rows = list[tuple[str, Figures]]
PAPER_ROW = "the paper's five"


def _quality(rows: Rows) -> str:
    columns = {
        "accuracy": lambda r: _figure(r["accuracy"]),
        "macro F1": lambda r: _figure(r["macro_f1"]),
        "ECE before": lambda r: _figure(r["ece_before"]),
        "ECE": lambda r: _figure(r["ece"]),
        "own chat": lambda r: _figure(r["chat_accuracy"]),
        "GoEmotions": lambda r: _figure(r["comments_accuracy"]),
        "openings": lambda r: _figure(r["openings_accuracy"]),
    }
    paper = [_range(OF_ALL["accuracy"]), _range(OF_ALL["macro_f1"]), *[NOT_GIVEN] * 5]
    return _table("How often right", rows, columns, [[PAPER_ROW, *paper]])


def _classes(rows: Rows) -> str:
    columns = {label: _class_figure(label) for label in EMOTION_LABELS}
    paper = [_range(OF_ALL["f1"].get(label)) for label in EMOTION_LABELS]
    return _table(
        "F1 of each emotion, test lines", rows, columns, [[PAPER_ROW, *paper]]
    )


def _class_figure(label: str) -> Callable[[Figures], str]:
    return lambda row: _figure(row["f1"][label])


def _cost(rows: Rows) -> str:
    columns = {
        "messages a second": lambda r: _plain(r["speed"].get("batch_1")),
        "32 at once": lambda r: _plain(r["speed"].get("batch_32")),
        "beside BERT": lambda r: _times(r["speed"].get("ratio_1")),
        "2,000 lines, s": lambda r: _plain(r["evaluation_s"]),
        "training, s": lambda r: _plain(r["training_s"]),
        "parameters": lambda r: f"{r['parameters'] / 1e6:.1f} M",
        "size": lambda r: f"{r['bytes'] / 1e6:.1f} MB",
    }
    paper = [_paper_cost(name) for name in of_task(EMOTION)]
    return _table("What it costs", rows, columns, paper)


def _paper_cost(name: str) -> list[str]:
    own = OF_EACH.get(name, {})
    each = own.get("seconds_a_message")
    speed = f"{1 / each:.1f} ({each} s each)" if each else NOT_GIVEN
    return [
        f"the paper's {CLASSIFIERS[name].title}",
        speed,
        NOT_GIVEN,
        NOT_GIVEN,
        f"{own['evaluation_s']:g}" if "evaluation_s" in own else NOT_GIVEN,
        *[NOT_GIVEN] * 3,
    ]


def _table(
    title: str,
    rows: Rows,
    columns: Mapping[str, Callable[[Figures], str]],
    paper: Iterable[Sequence[str]],
) -> str:
    ours = [[name, *(cell(row) for cell in columns.values())] for name, row in rows]
    lines = [["", *columns], ["---", *["---:"] * len(columns)], *ours, *paper]
    return f"## {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figure(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:.4f}"


def _plain(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:g}"


def _times(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"× {value:.2f}"


def _range(value: Sequence[float] | None) -> str:
    if value is None:
        return NOT_GIVEN
    low, high = value
    return f"about {low:g}" if low == high else f"{low:.3f} to {high:.3f}"
