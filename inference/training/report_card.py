"""A model's card: what it is, what it learnt from, what it is for, where it fails.

Source: the headings follow https://arxiv.org/abs/1810.03993 (model cards).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.registry import EMOTION
from inference.training.report_words import (
    ANY_LIMITS,
    ANY_USE,
    LIMITS,
    SET_TITLES,
    SOURCES,
    USE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Figures = dict[str, Any]


def card_markdown(metrics: Figures) -> str:
    """Return the card, with the figures beside it linked."""
    task = metrics.get("task", EMOTION)
    parts = [
        f"# {metrics['title']}",
        _identity(metrics),
        USE.get(task, ANY_USE),
        _data(metrics["training"]),
        _figures(metrics),
        _not_sure(metrics),
        LIMITS.get(task, ANY_LIMITS),
        _pictures(metrics),
    ]
    return "\n\n".join(parts) + "\n"


def _identity(metrics: Figures) -> str:
    return (
        f"`{metrics['architecture']}`, {metrics['layers']} layers of {metrics['width']},"
        f" vocabulary of {metrics['vocabulary']:,}, reads at most"
        f" {metrics['max_tokens']} tokens{_windows(metrics)}. {metrics['parameters'] / 1e6:.1f} million"
        f" parameters, {metrics['bytes'] / 1e6:.1f} MB. Version `{metrics['version']}`."
        " Made by `manage.py train`, measured as shipped by `manage.py report`; all"
        " figures are in [metrics.json](metrics.json)."
    )


def _windows(metrics: Figures) -> str:
    if not (rule := metrics.get("windows")):
        return ""
    return (
        f" at once; longer texts in up to {rule['most']} windows that share at least"
        f" {rule['overlap']} tokens, their logits averaged"
    )


def _data(training: Figures) -> str:
    lines = ["## What it learnt from", ""]
    lines += [f"- {_source(name)}" for name in training.get("data", [])]
    if any("own_accuracy" in epoch for epoch in training.get("validation", [])):
        lines.append("- Lines of our own, written for this. Licence: the code's.")
    if training.get("n_texts"):
        lines.append(f"\nIn all {training['n_texts']:,} texts.{_start(training)}")
    return "\n".join(lines)


def _source(name: str) -> str:
    what, licence = SOURCES.get(name, (name, "unknown to us"))
    return f"{what}. Licence: {licence}."


def _start(training: Figures) -> str:
    text = ""
    if training.get("base"):
        text += f" It started from {training['base']}."
    if training.get("taught_by"):
        text += f" It was also taught by the scores of our {training['taught_by']}."
    if training.get("tutors"):
        text += (
            f" The mean scores of {len(training['tutors'])} models softened the labels."
        )
    if training.get("averaged"):
        text += f" Its weights are the mean of {len(training['averaged'])} trainings."
    return text


def _figures(metrics: Figures) -> str:
    head = "| texts | n | accuracy | macro F1 | ECE before | ECE | not sure |"
    lines = ["## How good it is", "", head, "| --- |" + " ---: |" * 6]
    for name, own in metrics["sets"].items():
        cells = [own["accuracy"], own["macro_f1"], own["ece_before"], own["ece"]]
        shown = " | ".join(f"{cell:.4f}" for cell in cells)
        title = SET_TITLES.get(name, name)
        lines.append(f"| {title} | {own['n']:,} | {shown} | {own['not_sure']:.1%} |")
    return "\n".join([*lines, "", *_by_class(metrics)])


def _by_class(metrics: Figures) -> Iterator[str]:
    own = next(iter(metrics["sets"].values()))
    each = (f"{label} {c['f1']:.3f}" for label, c in own["per_class"].items())
    yield f"F1 of each {_noun(metrics)} on the test lines: {', '.join(each)}."


def _noun(metrics: Figures) -> str:
    return "emotion" if metrics.get("task", EMOTION) == EMOTION else "label"


def _not_sure(metrics: Figures) -> str:
    head = "## When it is not sure\n\n"
    if not metrics["sure_from"]:
        noun = "an emotion" if _noun(metrics) == "emotion" else "a label"
        return head + f"This version has no threshold: it always names {noun}."
    text = (
        f"Logits are divided by a temperature of {metrics['temperature']:g}, chosen on"
        " validation texts, so that scores mean what they say. Below a top score of"
        f' {metrics["sure_from"]:g} the page says "not sure": guesses right below it are'
        " wrong more often than right on validation texts"
    )
    text += ", comments without an emotion among them." if metrics["neutral"] else "."
    if neutral := metrics["neutral"]:
        text += (
            f" It says so of {neutral['not_sure']:.1%} of {neutral['n']:,} comments that"
            " people found to hold no emotion."
        )
    return head + text


def _pictures(metrics: Figures) -> str:
    names = ["confusion", "reliability", "coverage"]
    names += ["epochs"] if metrics["training"].get("validation") else []
    return "## Figures\n\n" + "\n".join(f"![{name}]({name}.svg)" for name in names)
