"""A model's card: what it is, what it learnt from, what it is for, where it fails.

Source: the headings follow https://arxiv.org/abs/1810.03993 (model cards).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Figures = dict[str, Any]

# Name of the data's folder -> what it is, and its licence.
SOURCES = {
    "emotion": (
        "*emotion* (dair-ai; Saravia et al., CARER, EMNLP 2018): English tweets, labels"
        ' assigned by the word beside "feel", not by readers',
        '"educational and research purposes only"',
    ),
    "empathetic_dialogues": (
        "EmpatheticDialogues (Rashkin et al., ACL 2019): openings of conversations, 32"
        " feelings mapped to the six",
        "CC BY-NC 4.0",
    ),
    "goemotions": (
        "GoEmotions (Demszky et al., ACL 2020): Reddit comments, labelled by people,"
        " mapped to the six",
        "CC BY 4.0",
    ),
}
SET_TITLES = {
    "emotion": "*emotion*, test",
    "chat": "200 chat messages of our own",
    "empathetic_dialogues": "EmpatheticDialogues openings, validation",
    "goemotions": "GoEmotions, validation",
}
USE = """## Intended use

Reads one English message and gives six scores that sum to 1, so that a chat can show which
emotion it may hold. For research and other non-commercial purposes only, since the data's
licences say so ([WEIGHTS-LICENSE](../../../WEIGHTS-LICENSE)).

Not for judging, ranking, diagnosing or treating anybody; not for deciding anything about a
person; not for finding out who is in danger."""
LIMITS = """## Limits

- English only. Six emotions only: shame, pride or boredom must become one of them.
- A message that holds none of them still gets six scores; below the threshold the page says
  "not sure", which does not catch all of them (see above).
- It reads one message without those before it, and takes irony at its word.
- The *emotion* set names its feeling in nearly every line, and its labels are automatic:
  figures on it say little about chat, which is why other texts stand beside it.
- Whose English it was trained on decides whose it reads well: tweets, crowd workers and
  Reddit. How it does by age, region or dialect was not measured."""


def card_markdown(metrics: Figures) -> str:
    """Return the card, with the figures beside it linked."""
    parts = [
        f"# {metrics['title']}",
        _identity(metrics),
        USE,
        _data(metrics["training"]),
        _figures(metrics),
        _not_sure(metrics),
        LIMITS,
        _pictures(metrics),
    ]
    return "\n\n".join(parts) + "\n"


def _identity(metrics: Figures) -> str:
    return (
        f"`{metrics['architecture']}`, {metrics['layers']} layers of {metrics['width']},"
        f" vocabulary of {metrics['vocabulary']:,}, reads at most"
        f" {metrics['max_tokens']} tokens. {metrics['parameters'] / 1e6:.1f} million"
        f" parameters, {metrics['bytes'] / 1e6:.1f} MB. Version `{metrics['version']}`."
        " Made by `manage.py train`, measured as shipped by `manage.py report`; all"
        " figures are in [metrics.json](metrics.json)."
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
    return "\n".join([*lines, "", *_by_class(metrics["sets"]["emotion"])])


def _by_class(own: Figures) -> Iterator[str]:
    each = (f"{label} {c['f1']:.3f}" for label, c in own["per_class"].items())
    yield f"F1 of each emotion on the test lines: {', '.join(each)}."


def _not_sure(metrics: Figures) -> str:
    head = "## When it is not sure\n\n"
    if not metrics["sure_from"]:
        return head + "This version has no threshold: it always names an emotion."
    text = (
        f"Logits are divided by a temperature of {metrics['temperature']:g}, chosen on"
        " validation texts, so that scores mean what they say. Below a top score of"
        f' {metrics["sure_from"]:g} the page says "not sure": guesses right below it are'
        " wrong more often than right on validation texts, comments without an emotion"
        " among them."
    )
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
