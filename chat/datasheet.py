"""The datasheet of an exported set, in the sections that datasheets have.

Source: Gebru et al., "Datasheets for Datasets", Communications of the ACM 64(12), 2021,
https://arxiv.org/abs/1803.09010
"""

from __future__ import annotations

from typing import Any

TEXT = """# Reviewed labels, version {version}

{n} messages, SHA-256 of `labels.jsonl`: `{sha256}`.

## Motivation
Made to train emochat's classifiers further, on what people really write. The reviewer who
exported it said: {reason}

## Composition
One message a line: `id` (a number of the database), `text`, `label` (one of six emotions),
`verdicts` (what each reviewer said of the first classifier's label).

| label | messages |
| --- | --- |
{labels}

Not in it, though reviewed: {excluded}.

## Collection
Messages that people wrote to emochat, of those only who allowed it in their settings (it is
off by default). They were not picked at random: the queue shows first what the classifiers
are unsure of, disagree about, or were corrected on, and rare classes. So the shares of the
labels here are not those of all messages, and no figure measured on this set says how good a
classifier is on messages as they come.

## Labelling
By staff, one message at a time with what was said before it. At most two label the same
message; it is here only if all who judged it agree. How well they agree is in the admin.

## Use
`manage.py train NAME --data DIR --reviews {version}`. Keep it where only you can read it, and
do not publish it: people allowed training, nothing else.

## Maintenance
When a person deletes their account or takes the permission back, this set is written anew
without their lines. Copies made before are not ours to change: fetch it again, and train anew.

| written | messages | SHA-256 | why |
| --- | --- | --- | --- |
{history}
"""


def datasheet(manifest: dict[str, Any]) -> str:
    """Return the sheet as Markdown; `manifest` is that of `chat.reviewed_files`."""
    labels = [f"| {label} | {n} |" for label, n in manifest["labels"].items()]
    history = [
        f"| {step['at'][:16]} | {step['n']} | `{step['sha256'][:16]}…` | {step['why']} |"
        for step in manifest["history"]
    ]
    excluded = [f"{n} {why}" for why, n in manifest.get("excluded", {}).items()]
    return TEXT.format(
        **{key: manifest[key] for key in ("version", "n", "sha256")},
        reason=manifest.get("reason", ""),
        labels="\n".join(labels),
        history="\n".join(history),
        excluded=", ".join(excluded) or "none",
    )
