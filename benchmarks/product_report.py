"""What `benchmarks.product` found, as JSON, as a table, as a figure."""

from __future__ import annotations

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.part import draw, store
from benchmarks.ratios import ratio_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from benchmarks.ratios import Ratio

Found = dict[str, Any]
WAITS = {
    "ack": "ack",
    "emotion": "emotion",
    "first": "first word",
    "whole": "whole reply",
}
PARTS = ("web", "engine", "postgres")


def write(found: Found, folder: Path) -> None:
    """Write product.json, product.md and, where matplotlib is installed, product.svg."""
    store("product", found, page(found), folder)
    draw(panels(found["levels"]), "people", folder / "product.svg")


def panels(levels: Sequence[Found]) -> dict[str, dict[str, dict[float, float]]]:
    def curve(key: str, share: str) -> dict[float, float]:
        return {one["n_people"]: max(0.1, one[key][share]) for one in levels}

    return {
        "p95 (ms)": {title: curve(f"{key}_ms", "p95") for key, title in WAITS.items()},
        "event-loop lag (ms)": {p: curve("lag_ms", p) for p in ("p50", "p99")},
        "CPU-ms a message": {part: curve("cpu_ms", part) for part in PARTS},
    }


def level_line(level: Found) -> str:
    waits = " · ".join(
        f"{title} p95 {level[f'{key}_ms']['p95']:.0f} ms"
        for key, title in WAITS.items()
    )
    return f"{level['n_people']} people, {level['n_sent']} messages: {waits}"


def page(found: Found) -> str:
    machine = found["machine"]
    lines = [
        "# The whole product under people who write",
        "",
        f"{machine['when']}, commit {machine['commit']}, {machine['cpu']},"
        f" {machine['cores']} cores; load before the run {machine['load']}. Made by"
        " `make bench`; see docs/benchmarks.md for what is what.",
        "",
        *_wait_lines(found["levels"]),
        "",
        *_cost_lines(found["levels"]),
        "",
        *_overload_lines(found),
    ]
    return "\n".join(lines) + "\n"


def _wait_lines(levels: Sequence[Found]) -> Iterator[str]:
    titles = [f"{title} (ms)" for title in WAITS.values()]
    yield _row(
        [
            "people",
            "messages",
            *titles,
            "lost, doubled, refused",
            "wrong in the database",
        ]
    )
    yield "| --- " * (len(titles) + 4) + "|"
    alone = levels[0]
    for level in levels:
        cells = [
            _wait(level[f"{key}_ms"], alone[f"{key}_ms"], level is alone)
            for key in WAITS
        ]
        refused = sum(level["errors"].values())
        whole = f"{level['n_lost']}, {level['n_doubled']}, {refused}"
        yield _row(
            [
                level["n_people"],
                level["n_sent"],
                *cells,
                whole,
                len(level["violations"]),
            ]
        )
    yield ""
    yield "Waits: p50 / p95 / p99 (p95 against one person alone)."


def _wait(own: Mapping[str, float], alone: Mapping[str, float], is_alone: bool) -> str:
    shown = " / ".join(f"{own[share]:.0f}" for share in ("p50", "p95", "p99"))
    return shown if is_alone else f"{shown} ({own['p95'] / alone['p95']:.1f}x)"


def _cost_lines(levels: Sequence[Found]) -> Iterator[str]:
    yield _row(
        [
            "people",
            "loop lag p50 / p99 / max (ms)",
            "CPU-ms a message: web, engine, PostgreSQL",
            "memory (MiB): web, engine, PostgreSQL",
            "other work",
        ]
    )
    yield "| --- " * 5 + "|"
    for level in levels:
        lag = level["lag_ms"]
        yield _row(
            [
                level["n_people"],
                f"{lag['p50']:.1f} / {lag['p99']:.1f} / {lag['max']:.0f}",
                ", ".join(f"{level['cpu_ms'][part]:.1f}" for part in PARTS),
                ", ".join(f"{level['memory_mib'][part]:.0f}" for part in PARTS),
                f"{level['others_share']:.0%}",
            ]
        )


def _overload_lines(found: Found) -> Iterator[str]:
    pushes = ", ".join(
        f"{push['goodput']:.1f} with {push['n_people']}" for push in found["pushes"]
    )
    rounds = found["rounds"]
    overs = [one["overload"] for one in rounds]
    yield f"Capacity, people who send as soon as they are answered: {pushes} replies/s."
    yield ""
    yield (
        f"At {overs[0]['rate']:.0f} messages/s, three times that, and at capacity, in turn"
        f" ({len(rounds)} rounds): replies that are whole, beside those at capacity:"
        f" {goodput_ratio(rounds)}. Of {sum(one['n_sent'] for one in overs)} messages"
        f" {_counts(_sum(overs, 'errors'))} refused, in {_refused_in(overs)} ms (p50 / p95"
        f" / p99, medians of the rounds); ends: {_counts(_sum(overs, 'reasons'))};"
        f" lost {sum(one['n_lost'] for one in overs)},"
        f" doubled {sum(one['n_doubled'] for one in overs)},"
        f" wrong in the database {sum(len(one['violations']) for one in overs)};"
        f" loop lag p99 {_middle(overs, 'lag_ms', 'p99')} ms. The clients themselves took"
        f" {_clients(overs)} cores, and {_clients([one['push'] for one in rounds])} at capacity."
    )


def round_line(one: Found) -> str:
    push, over = one["push"], one["overload"]
    return (
        f"{push['goodput']:.1f} replies/s at capacity, {over['goodput']:.1f} at"
        f" {over['rate']:.0f} messages/s; refusals p99 {over['error_ms']['p99']:.0f} ms"
    )


def goodput_ratio(rounds: Sequence[Found]) -> Ratio:
    """Return whole replies a second under three times the capacity, beside capacity."""
    over = [one["overload"]["goodput"] for one in rounds]
    return ratio_of(over, [one["push"]["goodput"] for one in rounds])


def _refused_in(overs: Sequence[Found]) -> str:
    return " / ".join(_middle(overs, "error_ms", p) for p in ("p50", "p95", "p99"))


def _middle(overs: Sequence[Found], key: str, share: str) -> str:
    return f"{median(one[key][share] for one in overs):.0f}"


def _clients(ones: Sequence[Found]) -> str:
    return f"{median(one['clients_cores'] for one in ones):.2f}"


def _sum(overs: Sequence[Found], key: str) -> Counter[str]:
    return sum((Counter(one[key]) for one in overs), Counter())


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items()) or "none"


def _row(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(map(str, cells))} |"
