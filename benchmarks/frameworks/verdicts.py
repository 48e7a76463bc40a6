"""What the figures say in words: the paper's claims, and which framework to take when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.registry import FRAMEWORKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Row = dict[str, Any]

# What the paper found, the framework that it named, and the rows that tell.
CLAIMS = (
    ("TensorFlow's files are smaller", "tensorflow", ("usual_mb", "folder_mb")),
    ("TensorFlow trains faster", "tensorflow", ("train_s",)),
    ("TensorFlow predicts faster", "tensorflow", ("speed_1", "speed_32")),
    ("TensorFlow is better with LIME", "tensorflow", ("lime_s",)),
    ("PyTorch is more Pythonic", "pytorch", ("lines",)),
)
SITUATIONS = (
    ("Little memory: a laptop, a small server", ("serve_mib",)),
    ("One message at a time, as in the chat", ("speed_1", "first_s")),
    ("Many texts at once: files, explanations", ("speed_32",)),
    ("A process that starts often", ("ready_s",)),
    ("Training often", ("train_s", "train_mib")),
    ("Explanations by LIME", ("lime_s",)),
    ("Small downloads", ("folder_mb", "usual_mb")),
    ("Labels as right as can be", ("accuracy", "macro_f1")),
    ("Little code to look after", ("lines",)),
)


def claims(rows: Sequence[Row]) -> list[Row]:
    """Return each claim with whether it holds: yes, no, in part, no difference, unknown."""
    found = {row["key"]: row for row in rows}
    return [
        {"claim": words, "holds": _holds(name, keys, found), "rows": list(keys)}
        for words, name, keys in CLAIMS
    ]


def situations(rows: Sequence[Row]) -> list[Row]:
    """Return for each situation the framework to take; either, where none is better."""
    found = {row["key"]: row for row in rows}
    return [
        {"situation": words, "take": _take(keys, found), "rows": list(keys)}
        for words, keys in SITUATIONS
    ]


def _winners(keys: Sequence[str], found: Mapping[str, Row]) -> list[str]:
    """Return who wins each row that was measured; "" where nobody does."""
    measured = [found[key] for key in keys if key in found and found[key]["ratio"]]
    return [row["winner"] for row in measured]


def _holds(name: str, keys: Sequence[str], found: Mapping[str, Row]) -> str:
    winners = _winners(keys, found)
    if not winners:
        return "not measured"
    if not any(winners):
        return "no difference seen"
    if all(winner == name for winner in winners):
        return "yes"
    return "in part" if name in winners else "no"


def _take(keys: Sequence[str], found: Mapping[str, Row]) -> str:
    winners = _winners(keys, found)
    if not winners:
        return "not measured"
    known = {winner for winner in winners if winner}
    if not known:
        return "either"
    if len(known) > 1:
        return "it depends"
    (name,) = known
    return FRAMEWORKS[name]  # type: ignore[index]
