"""What `benchmarks.engine` found, as JSON, as a table, as figures."""

from __future__ import annotations

import json
import math
import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.contenders import OURS, SPECS
from benchmarks.ratios import ratio_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.engine_run import Run
    from benchmarks.ratios import Ratio

Case = dict[str, Any]
# What is shown: the key, its heading, and whether less of it is better.
COLUMNS = {
    "reply": (
        ("first_p50_ms", "first word p50", True),
        ("first_p99_ms", "first word p99", True),
        ("whole_p50_ms", "whole p50", True),
        ("messages_s", "messages/s", False),
        ("cpu_ms", "CPU-ms a message", True),
    ),
    "classify": (
        ("whole_p50_ms", "answer p50", True),
        ("whole_p99_ms", "answer p99", True),
        ("messages_s", "messages/s", False),
        ("cpu_ms", "CPU-ms a message", True),
    ),
}
LANES = {"reply": "Replies", "classify": "Readings (the classifier)"}


def write(run: Run, machine: Mapping[str, Any], folder: Path) -> None:
    """Write engine.json, engine.md and, where matplotlib is installed, engine.svg."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {
        "machine": dict(machine),
        "names": run.names,
        "not_measured": run.not_measured,
        "parity": run.parity,
        "started": run.started,
        "cases": run.cases,
    }
    (folder / "engine.json").write_text(json.dumps(found, indent=1) + "\n")
    (folder / "engine.md").write_text(page(found))
    _draw(found, folder)
    print(page(found))


def _draw(found: Mapping[str, Any], folder: Path) -> None:
    try:
        from benchmarks.figures import draw_engine
    except ImportError:
        print("No figure: matplotlib is not installed.")
        return
    draw_engine(found["cases"], folder / "engine.svg")


def one_line(case: Case) -> str:
    """Return a case in a line, to be read while the run goes on."""
    shown = " · ".join(
        f"{name} {median_of(figures, 'messages_s'):.1f}/s"
        f" {median_of(figures, 'first_p50_ms'):.0f} ms"
        for name, figures in case["figures"].items()
    )
    return f"{heading(case)}: {shown}"


def heading(case: Case) -> str:
    if case["load"] == "poisson":
        rate, share = case["rate"], case["share"]
        return f"{case['lane']}, Poisson, {rate:.1f}/s ({share:.0%} of our capacity)"
    plural = "s" if case["clients"] > 1 else ""
    return f"{case['lane']}, {case['clients']} client{plural}"


def median_of(figures: Sequence[Mapping[str, float]], key: str) -> float:
    """Return the median over the rounds; NaN where there is nothing to go by."""
    values = [one[key] for one in figures if math.isfinite(one[key])]
    return statistics.median(values) if values else math.nan


def ratios(case: Case, name: str) -> dict[str, Ratio]:
    """Return ours / theirs for each column, pair by pair."""
    ours, theirs = case["figures"][OURS], case["figures"][name]
    return {
        key: ratio_of([one[key] for one in ours], [one[key] for one in theirs])
        for key, _, _ in COLUMNS[case["lane"]]
    }


def page(found: Mapping[str, Any]) -> str:
    """Return the whole report in Markdown."""
    machine = found["machine"]
    lines = [
        "# emochat's engine and its peers",
        "",
        f"{machine['when']}, commit {machine['commit']}, {machine['cpu']},"
        f" {machine['cores']} cores, {machine['threads']} thread(s) a contender;"
        f" load before the run {machine['load']}. Made by `make bench`; see"
        " docs/benchmarks.md for what is what.",
        "",
        *_parity_lines(found),
        "",
        *_left_out_lines(found),
    ]
    for lane, title in LANES.items():
        lines += ["", f"## {title}"]
        for case in found["cases"]:
            if case["lane"] == lane and case["figures"]:
                lines += ["", *_case_lines(case)]
    return "\n".join(lines) + "\n"


def _parity_lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield "| contender | same replies | off by (nats) | same labels | off by |"
    yield "| --- | --- | --- | --- | --- |"
    for name, lanes in found["parity"].items():
        cells = [SPECS[name].title]
        for lane in ("reply", "classify"):
            one = lanes.get(lane)
            cells += (
                [f"{one['n_same']} of {one['n']}", f"{one['worst']:.2g}"]
                if one
                else ["", ""]
            )
        yield _row(cells)


def _left_out_lines(found: Mapping[str, Any]) -> Iterator[str]:
    for name, lanes in found["not_measured"].items():
        for lane, why in lanes.items():
            yield f"- {SPECS[name].title}, {lane}: not measured: {why}"


def _case_lines(case: Case) -> Iterator[str]:
    yield f"### {heading(case)}"
    yield ""
    note = f"{case['n_rounds']} rounds"
    if case["n_disturbed"]:
        note += f", {case['n_disturbed']} of them disturbed by other work"
    yield f"{note}. In brackets: emochat / peer, median of pairs [95 % interval]."
    for name, capacity in case.get("drowned", {}).items():
        yield f"- {SPECS[name].title} cannot keep up: {capacity:.1f} messages/s at most."
    yield ""
    columns = COLUMNS[case["lane"]]
    yield _row(["contender", *(title for _, title, _ in columns), "not over, errors"])
    yield "| --- " * (len(columns) + 2) + "|"
    for name in case["figures"]:
        yield _row([SPECS[name].title, *_cells(case, name), _troubles(case, name)])


def _cells(case: Case, name: str) -> Iterator[str]:
    figures = case["figures"][name]
    compared = ratios(case, name) if name != OURS and OURS in case["figures"] else {}
    for key, _, is_less_better in COLUMNS[case["lane"]]:
        value = f"{median_of(figures, key):.3g}"
        if key not in compared:
            yield value
            continue
        yield f"{value} ({compared[key]}{verdict(compared[key], is_less_better)})"


def verdict(ratio: Ratio, is_less_better: bool) -> str:
    """Return "" where we are ahead, else what to know; only an interval without 1 counts."""
    if not ratio.excludes_one:
        return ", undecided"
    return "" if (ratio.median < 1) == is_less_better else ", **behind**"


def _troubles(case: Case, name: str) -> str:
    figures = case["figures"][name]
    n_unfinished = sum(one["n_unfinished"] for one in figures)
    n_errors = sum(one["n_errors"] for one in figures)
    return f"{n_unfinished:.0f}, {n_errors:.0f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
