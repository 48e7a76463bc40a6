"""How often the detector sees danger, and how often it sees it where there is none."""

from __future__ import annotations

import functools
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat.care.detect import RULES_VERSION, assess

FIGURES = Path(__file__).with_name("figures.json")
NONE = "none"
KINDS = {
    "suicide": "… of suicide",
    "self_harm": "… of self-harm",
    "abuse": "… of abuse",
    "danger": "… of danger right now",
    "other": "… of somebody else's danger",
}
FORMS = {
    "ordinary": "… ordinary sadness, anger, fear, joy",
    "idiom": "… idioms",
    "media": "… films and games",
    "negated": "… with a “not”",
    "quoted": "… news, study, quotation",
}


@dataclass(frozen=True, slots=True)
class Line:
    kind: str
    form: str
    text: str


def read_lines(path: Path) -> list[Line]:
    """Read `kind;form;text` lines; `#` starts a comment. Raises ValueError, OSError."""
    rows = (row for row in path.read_text().splitlines() if row and row[0] != "#")
    return [Line(*row.split(";", 2)) for row in rows]


def measure(lines: list[Line]) -> dict[str, Any]:
    """Return recall over what is dangerous, and the alarms over what is not."""
    found = [(line, assess(line.text)) for line in lines]
    danger = [(line, finding) for line, finding in found if line.kind != NONE]
    calm = [(line, finding) for line, finding in found if line.kind == NONE]
    right = sum(f is not None and f.kind == line.kind for line, f in danger)
    return {
        "rules": RULES_VERSION,
        "n_dangerous": len(danger),
        "recall": _share([f is not None for _, f in danger]),
        "recall_by_kind": _by([(line.kind, f is not None) for line, f in danger]),
        "recall_by_form": _by([(line.form, f is not None) for line, f in danger]),
        "kind_right": round(right / max(1, len(danger)), 4),
        "n_calm": len(calm),
        "false_alarms": _share([f is not None for _, f in calm]),
        "false_alarms_by_form": _by([(line.form, f is not None) for line, f in calm]),
    }


def _share(hits: list[bool]) -> float:
    return round(sum(hits) / max(1, len(hits)), 4)


def _by(hits: list[tuple[str, bool]]) -> dict[str, dict[str, float]]:
    n_all = Counter(name for name, _ in hits)
    n_hit = Counter(name for name, is_hit in hits if is_hit)
    return {
        name: {"n": n_all[name], "share": round(n_hit[name] / n_all[name], 4)}
        for name in sorted(n_all)
    }


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the published table."""

    name: str
    n: int
    share: str


def rows(figures: dict[str, Any]) -> list[Row]:
    """Word the figures for people: first what is dangerous, then what is not."""
    danger = figures["recall_by_kind"].items()
    calm = figures["false_alarms_by_form"].items()
    return [
        _row("Dangerous, all", figures["n_dangerous"], figures["recall"]),
        *(_row(KINDS[kind], row["n"], row["share"]) for kind, row in danger),
        _row("Harmless, all", figures["n_calm"], figures["false_alarms"]),
        *(_row(FORMS[form], row["n"], row["share"]) for form, row in calm),
    ]


def _row(name: str, n: int, share: float) -> Row:
    return Row(name, n, f"{100 * share:.1f}\u00a0%")


def publish(figures: dict[str, Any]) -> None:
    """Write what the page /safety/ shows."""
    FIGURES.write_text(json.dumps(figures, indent=2) + "\n")
    published.cache_clear()


@functools.cache
def published() -> dict[str, Any]:
    """Return the figures as last published; empty before the first time."""
    return json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
