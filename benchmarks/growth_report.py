"""What `benchmarks.growth` found, as JSON, as tables, as a figure."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.part import draw, store
from benchmarks.ratios import ratio_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Found = dict[str, Any]
Rounds = dict[int, list[dict[str, float]]]
TITLES = {
    "page_ms": "page (ms)",
    "snapshot_ms": "snapshot (ms)",
    "open_cpu_ms": "CPU-ms to open",
    "ack_ms": "ack (ms)",
    "whole_ms": "whole reply (ms)",
    "web_cpu_ms": "CPU-ms a message: web",
    "engine_cpu_ms": "engine",
    "postgres_cpu_ms": "PostgreSQL",
    "web_mib": "memory of web (MiB)",
}
PARTS = ("clients", "length", "almost empty table", "history")
HEADS = {
    "clients": (
        "With more clients: so many sockets open, one person writes",
        "sockets",
    ),
    "length": ("With longer messages", "code points"),
    "almost empty table": ("With almost nothing in the table", "messages in it"),
    "history": ("With history", "messages in the conversation"),
}


PAGE_TURNS = 50  # a page never shows more at first, so from there on cost is to be flat


def write(found: Found, folder: Path) -> None:
    """Write growth.json, growth.md and, where matplotlib is installed, growth.svg."""
    store("growth", found, page(found), folder)
    draw(panels(found["history"]), "messages in it", folder / "growth.svg")


def panels(rounds: Rounds) -> dict[str, dict[str, dict[float, float]]]:
    """Waits and costs over the length of history."""
    groups = {
        "waits (ms)": ("page_ms", "snapshot_ms", "ack_ms"),
        "CPU-ms": ("open_cpu_ms", "web_cpu_ms", "postgres_cpu_ms"),
    }
    return {
        title: {
            TITLES[key]: {n: max(0.1, middle(one, key)) for n, one in rounds.items()}
            for key in keys
        }
        for title, keys in groups.items()
    }


def page(found: Found) -> str:
    machine = found["machine"]
    lines = [
        "# How cost grows",
        "",
        f"{machine['when']}, commit {machine['commit']}, {machine['cpu']},"
        f" {machine['cores']} cores; load before the run {machine['load']}. Made by"
        " `make bench`; see docs/benchmarks.md for what is what.",
    ]
    for part in PARTS:
        title, unit = HEADS[part]
        if part == "history":
            title += f" ({found['n_table']:,} messages in the table)"
        base = PAGE_TURNS if unit.startswith("messages") else 0
        lines += ["", f"## {title}", "", *_table(found[part], unit, base)]
        lines += [
            "",
            f"In brackets: how many times the row of {_base(found[part], base):,}.",
        ]
    return "\n".join(lines) + "\n"


def _base(rounds: Rounds, least: int) -> int:
    """Return the size that the others are compared with."""
    return min(size for size in rounds if size >= least)


def _table(rounds: Rounds, unit: str, least: int) -> Iterator[str]:
    smallest, keys = (
        _base(rounds, least),
        [key for key in TITLES if key in next(iter(rounds.values()))[0]],
    )
    yield _row([unit, *(TITLES[key] for key in keys)])
    yield "| --- " * (len(keys) + 1) + "|"
    for size, own in sorted(rounds.items()):
        cells = [_cell(own, rounds[smallest], key) for key in keys]
        yield _row([f"{size:,}", *cells])


def _cell(
    own: Sequence[Mapping[str, float]], base: Sequence[Mapping[str, float]], key: str
) -> str:
    """Return the median and, pair by pair, how many times that of the smallest size."""
    value = f"{middle(own, key):.1f}"
    if own is base:
        return value
    ratio = ratio_of([one[key] for one in own], [one[key] for one in base])
    return f"{value} (x {ratio})"


def middle(rounds: Sequence[Mapping[str, float]], key: str) -> float:
    return statistics.median(one[key] for one in rounds)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
