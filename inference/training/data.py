"""Read labelled texts: `text;label` lines, csv, or the openings of a dialogue jsonl."""

from __future__ import annotations

import csv
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SUFFIXES = (".txt", ".csv", ".jsonl")
NO_LABEL = "none"  # of a text that holds no emotion: no score should stand out


class DataError(Exception):
    """A data file cannot be used; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    text: str
    label: str


Numbered = tuple[int, str | None, str | None]


def read_labelled(path: Path, labels: Sequence[str]) -> list[LabelledText]:
    """Return the file's lines; raise DataError at the first that is not usable."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    read = _READERS.get(path.suffix)
    if read is None:
        raise DataError(f"{path}: only {', '.join(SUFFIXES)} files are read.")
    try:
        rows = [_checked(path, row, labels) for row in read(path)]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: this is not UTF-8 text.") from error
    if not rows:
        raise DataError(f"{path}: the file is empty.")
    return rows


def read_neutral(folder: Path, split: str) -> list[LabelledText]:
    """Return the texts of the folder's `neutral_SPLIT.csv`, if it has one."""
    path = folder / f"neutral_{split}.csv"
    if not path.is_file():
        return []
    return [
        LabelledText(text.strip(), NO_LABEL) for _, text, _ in _read_csv(path) if text
    ]


def find_split(folder: Path, split: str) -> Path:
    """Return the folder's file for `train`, `val` or `test`, whichever kind it is."""
    for suffix in SUFFIXES:
        path = folder / f"{split}{suffix}"
        if path.is_file():
            return path
    raise DataError(f"{folder}: there is no {split}.txt, {split}.csv or {split}.jsonl.")


def read_training_mix(
    folder: Path,
    extra: Sequence[Path],
    labels: Sequence[str],
    *,
    extra_limit: int,
    neutral_limit: int,
    seed: int,
) -> list[LabelledText]:
    """Return the folder's train texts and at most `extra_limit` of each extra folder's.

    Of an extra folder's neutral texts at most `neutral_limit` come too, as `NO_LABEL`.
    Texts that also stand in the folder's val or test file are left out.
    """
    rows = []
    for other in extra:
        rows += _sample(
            read_labelled(find_split(other, "train"), labels), extra_limit, seed
        )
        rows += _sample(read_neutral(other, "train"), neutral_limit, seed)
    return read_main(folder, labels) + without_held_out(folder, rows)


def read_main(folder: Path, labels: Sequence[str]) -> list[LabelledText]:
    """Return the folder's train texts that do not also stand in its val or test file."""
    return without_held_out(folder, read_labelled(find_split(folder, "train"), labels))


def without_held_out(folder: Path, rows: list[LabelledText]) -> list[LabelledText]:
    """Return the rows whose text is not also in the folder's val or test file."""
    held_out = _texts_of(folder, "val") | _texts_of(folder, "test")
    return [row for row in rows if row.text not in held_out]


def _sample(rows: list[LabelledText], limit: int, seed: int) -> list[LabelledText]:
    unique = list({row.text: row for row in rows}.values())
    random.Random(seed).shuffle(unique)
    return unique[:limit]


def _texts_of(folder: Path, split: str) -> set[str]:
    """Return a split's texts, read for their words alone; none where it is absent."""
    try:
        path = find_split(folder, split)
    except DataError:
        return set()
    return {text for _, text, _ in _READERS[path.suffix](path) if text}


def _checked(path: Path, row: Numbered, labels: Sequence[str]) -> LabelledText:
    line, text, label = row
    if not text or not text.strip():
        raise DataError(f"{path}, line {line}: there is no text.")
    if label is None or label not in labels:
        known = ", ".join(labels)
        raise DataError(
            f"{path}, line {line}: the label {label!r} is not one of {known}."
        )
    return LabelledText(text.strip(), label)


def _read_txt(path: Path) -> Iterator[Numbered]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                text, _, label = line.rstrip("\n").rpartition(";")
                yield number, text, label.strip()


def _read_csv(path: Path) -> Iterator[Numbered]:
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        columns = set(reader.fieldnames or ())
        label = next((name for name in ("label", "category") if name in columns), None)
        if "text" not in columns or label is None:
            raise DataError(
                f"{path}, line 1: columns text and label (or category) needed."
            )
        for row in reader:
            yield reader.line_num, row["text"], row[label]


def _read_openings(path: Path) -> Iterator[Numbered]:
    """Yield each conversation's first message; the ones without an emotion are skipped."""
    for number, row in read_json_lines(path):
        if not row.get("context") and row.get("emotion"):
            yield number, row.get("message"), row["emotion"]


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line number, object); raise DataError at a line that is none."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}, line {number}: this is not JSON.") from error
            if not isinstance(row, dict):
                raise DataError(f"{path}, line {number}: this is no JSON object.")
            yield number, row


_READERS: dict[str, Callable[[Path], Iterator[Numbered]]] = {
    ".txt": _read_txt,
    ".csv": _read_csv,
    ".jsonl": _read_openings,
}
