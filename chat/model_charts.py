"""The charts of one classifier: is its score honest, and what does waiting for it cost?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat.charts import Chart, Table, line, marker, percent

if TYPE_CHECKING:
    from collections.abc import Mapping

Figures = dict[str, Any]
SETS = {
    "emotion": "the paper's test lines",
    "chat": "our chat messages",
    "empathetic_dialogues": "openings of conversations",
    "goemotions": "comments from the web",
}
IN_RELIABILITY = ("emotion", "goemotions", "chat")


def model_charts(metrics: Figures) -> list[Chart]:
    """Return the reliability curve, and coverage for the test lines and for chat."""
    sets = metrics["sets"]
    shown = [name for name in ("emotion", "chat") if name in sets]
    return [
        _reliability(sets),
        *(_coverage(name, sets[name], metrics["sure_from"]) for name in shown),
    ]


def _reliability(sets: Mapping[str, Figures]) -> Chart:
    curves = {n: sets[n]["reliability"] for n in IN_RELIABILITY if n in sets}
    return Chart(
        title="Does a score mean what it says?",
        summary="Share of right readings by score; "
        + "; ".join(f"{SETS[n]}: {_in_words(bins)}" for n, bins in curves.items()),
        x_title="score that it gave",
        y_title="share that was right",
        lines=[
            line(SETS[n], [(b["score"], b["accuracy"]) for b in bins], has_dots=True)
            for n, bins in curves.items()
        ],
        table=Table(
            ["Texts", "Score", "Right"],
            [
                [SETS[n], percent(b["score"]), percent(b["accuracy"])]
                for n, bins in curves.items()
                for b in bins
            ],
        ),
        has_diagonal=True,
    )


def _in_words(bins: list[Figures]) -> str:
    low, high = bins[0], bins[-1]
    return (
        f"{percent(low['accuracy'])} at {percent(low['score'])},"
        f" {percent(high['accuracy'])} at {percent(high['score'])}"
    )


def _coverage(name: str, figures: Figures, sure_from: float) -> Chart:
    rows = figures["thresholds"]
    right = [(r["threshold"], r["accuracy"]) for r in rows if r["accuracy"] is not None]
    return Chart(
        title=f"If it spoke only when sure: {SETS[name]}",
        summary=f"Asking for higher scores raises the share of right readings from"
        f" {percent(right[0][1])} to {percent(right[-1][1])} and lowers the share of"
        f" messages read from {percent(rows[0]['coverage'])} to"
        f" {percent(rows[-1]['coverage'])}",
        x_title="lowest score that counts",
        y_title="share of messages",
        lines=[
            line("of those it reads, right", right),
            line("read at all", [(r["threshold"], r["coverage"]) for r in rows]),
        ],
        table=Table(
            ["Score from", "Right", "Read"],
            [
                [
                    percent(r["threshold"]),
                    percent(r["accuracy"]),
                    percent(r["coverage"]),
                ]
                for r in rows
            ],
        ),
        marker=marker(sure_from),
    )
