"""The rows of the comparison on the page Models: ours, the narrow one, the paper's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat.charts import decimal, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Figures = dict[str, Any]
NOT_GIVEN = "not given"  # by the paper
NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True)
class Column:
    """`better` is 1 where more is, -1 where less is, 0 where neither."""

    heading: str
    value: Callable[[Figures], float | None]
    words: Callable[[float], str]
    better: int


COLUMNS = (
    Column("Accuracy", lambda r: r["accuracy"], lambda v: percent(v, 1), 1),
    Column("Macro F1", lambda r: r["macro_f1"], lambda v: decimal(v, 3), 1),
    Column("Right on chat", lambda r: r["chat_accuracy"], lambda v: percent(v, 1), 1),
    Column("Score error", lambda r: r["ece"], lambda v: percent(v, 1), -1),
    Column(
        "Messages a second",
        lambda r: r["speed"].get("batch_1"),
        lambda v: decimal(v, 0),
        1,
    ),
    Column(
        "Size", lambda r: r["bytes"], lambda v: f"{decimal(v / 1e6, 0)}\u00a0MB", -1
    ),
    Column(
        "Parameters",
        lambda r: r["parameters"],
        lambda v: f"{decimal(v / 1e6, 1)}\u00a0M",
        0,
    ),
)
HEADINGS = tuple(column.heading for column in COLUMNS)


@dataclass(frozen=True, slots=True)
class Value:
    heading: str
    words: str
    is_best: bool = False

    @property
    def is_absent(self) -> bool:
        return self.words in (NOT_GIVEN, NOT_MEASURED)


@dataclass(frozen=True, slots=True)
class Row:
    """`name` leads to the model's own part of the page, where it has one."""

    title: str
    note: str
    values: list[Value]
    name: str = ""


def comparison_rows(measured: Mapping[str, Figures], compared: Figures) -> list[Row]:
    """Return our rows, the best of each column marked, and those to compare them with."""
    rows = compared.get("models", {})
    ours = {
        name: rows[name]
        for name, metrics in measured.items()
        if rows.get(name, {}).get("version") == metrics["version"]
    }
    if not ours:
        return []
    best = [_best(list(ours.values()), column) for column in COLUMNS]
    shown = [Row(r["title"], "", _values(r, best), name) for name, r in ours.items()]
    if narrow := compared.get("narrow"):
        note = "the paper's settings and data, our encoder"
        shown.append(Row("BERT, narrow", note, _values(narrow)))
    return [*shown, _paper(compared["paper"])]


def _best(rows: Sequence[Figures], column: Column) -> float | None:
    """Return the best value, where there is another that it can be better than."""
    known = {v for row in rows if (v := column.value(row)) is not None}
    if len(known) < 2 or not column.better:
        return None
    return max(known, key=lambda value: value * column.better)


def _values(row: Figures, best: Sequence[float | None] = ()) -> list[Value]:
    return [
        Value(
            column.heading,
            NOT_MEASURED if (v := column.value(row)) is None else column.words(v),
            is_best=bool(best) and v is not None and v == best[i],
        )
        for i, column in enumerate(COLUMNS)
    ]


def _paper(paper: Figures) -> Row:
    """Its own words where we have them; no figure is guessed from another."""
    of_all, each = paper["all"], paper["each"]
    low, high = of_all["accuracy"]
    seconds = [own["seconds_a_message"] for own in each.values()]
    words = [
        f"{100 * low:.1f} to {percent(high, 1)}",
        "{:.3f} to {:.3f}".format(*of_all["macro_f1"]),
        NOT_GIVEN,
        NOT_GIVEN,
        f"{1 / max(seconds):.0f} to {1 / min(seconds):.0f}",
        NOT_GIVEN,
        NOT_GIVEN,
    ]
    values = [Value(h, w) for h, w in zip(HEADINGS, words, strict=True)]
    return Row("The paper's five", "on their machine", values)
