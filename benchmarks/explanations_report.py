"""What `benchmarks.explanations` found, as JSON and as tables."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.explained_chats import WITH, WITHOUT
from benchmarks.lime_speed import OURS
from benchmarks.part import store
from benchmarks.ratios import Ratio, ratio_of

if TYPE_CHECKING:
    from pathlib import Path

Found = dict[str, Any]


def write(found: Found, folder: Path) -> None:
    """Write explanations.json and explanations.md."""
    store("explanations", found, page(found), folder)


def page(found: Found) -> str:
    machine = found["machine"]
    lines = [
        "# Explanations",
        "",
        f"{machine['when']}, {machine['cpu']}, {machine['cores']} cores, commit "
        f"{machine['commit']}. Ratios: the median and a bootstrap interval of 95 %.",
        "",
    ]
    if "faithfulness" in found:
        lines += faithfulness_lines(found["faithfulness"])
    if "speed" in found:
        lines += speed_lines(found["speed"])
    if "people" in found:
        lines += people_lines(found["people"])
    return "\n".join(lines)


def faithfulness_lines(texts: list[Found]) -> list[str]:
    names = list(texts[0]["area"])
    lines = [
        f"## How faithful: the deletion test over {len(texts)} texts",
        "",
        "| method | ms a text | left of the score, mean | beside random words | "
        "time beside occlusion | left beside occlusion |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in names:
        left = [text["area"][name] for text in texts]
        took = [text["took_ms"][name] for text in texts]
        first = [text["took_ms"]["occlusion"] for text in texts]
        own = [text["area"]["occlusion"] for text in texts]
        lines.append(
            f"| {name} | {statistics.median(took):.0f} | {statistics.mean(left):.3f} | "
            f"{ratio_of(left, [text['random'] for text in texts])} | "
            f"{ratio_of(took, first)} | {ratio_of(left, own)} |"
        )
    chance = statistics.mean(text["random"] for text in texts)
    lines += [f"| words at random | | {chance:.3f} | | | |", ""]
    return [*lines, *_winners(texts, names), ""]


def _winners(texts: list[Found], names: list[str]) -> list[str]:
    """Say for each amount of time which method leaves least within it."""
    took = {n: statistics.median(t["took_ms"][n] for t in texts) for n in names}
    left = {n: statistics.mean(t["area"][n] for t in texts) for n in names}
    lines = []
    for limit in sorted(took.values()):
        best = min((n for n in names if took[n] <= limit), key=left.__getitem__)
        lines.append(f"- Within {limit:.0f} ms a text: {best}.")
    return lines


def speed_lines(speed: Found) -> list[str]:
    took_s = speed["took_s"]
    lines = [
        f"## LIME: {speed['n_samples']} samples of a message of {speed['n_words']} words",
        "",
        "| who | s, median | times as long as emochat |",
        "| --- | --- | --- |",
    ]
    for name, rounds in took_s.items():
        ratio = "" if name == OURS else _claim(ratio_of(rounds, took_s[OURS]))
        lines.append(f"| {name} | {statistics.median(rounds):.2f} | {ratio} |")
    return [
        *lines,
        "",
        f"Rank correlation of the weights, at least: {speed['least_correlation']:.3f} with samples"
        f" read in float32, {speed['least_as_shipped']:.3f} as it ships.",
        "",
    ]


def _claim(ratio: Ratio) -> str:
    return str(ratio) if ratio.excludes_one else f"{ratio} (undecided)"


def people_lines(people: Found) -> list[str]:
    rounds = people["rounds"]
    lines = [
        f"## {people['people']} people write while ten explanations run",
        "",
        "| stretches | first word p50 (ms) | p95 (ms) | messages | errors | explained |"
        " CPU-s | other work |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, stretches in rounds.items():
        lines.append(
            f"| {name} | {_middle(stretches, 'first_p50_ms'):.0f} | "
            f"{_middle(stretches, 'first_p95_ms'):.0f} | "
            f"{_total(stretches, 'n_messages')} | {_total(stretches, 'n_errors')} | "
            f"{_total(stretches, 'n_explained')} | {_middle(stretches, 'cpu_s'):.1f} | "
            f"{_middle(stretches, 'others_share'):.0%} |"
        )
    ratios = {
        key: ratio_of([r[key] for r in rounds[WITH]], [r[key] for r in rounds[WITHOUT]])
        for key in ("first_p50_ms", "first_p95_ms")
    }
    return [
        *lines,
        "",
        f"With explanations / without: p50 {ratios['first_p50_ms']}, "
        f"p95 {ratios['first_p95_ms']}.",
        "",
    ]


def _middle(stretches: list[dict[str, float]], key: str) -> float:
    return statistics.median(one[key] for one in stretches)


def _total(stretches: list[dict[str, float]], key: str) -> int:
    return round(sum(one[key] for one in stretches))
