"""Labels that reviewers agreed on, as the admin exports them: a folder with a hash."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from inference.training.data import DataError, LabelledText, read_json_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LINES = "labels.jsonl"
MANIFEST = "manifest.json"


def read_reviews(folder: Path, labels: Sequence[str]) -> list[LabelledText]:
    """Return the set's texts; raise DataError where they are not those of its hash."""
    path = folder / LINES
    check_hash(folder)
    rows = []
    for line, row in read_json_lines(path):
        if row.get("label") not in labels or not str(row.get("text", "")).strip():
            raise DataError(f"{path}, line {line}: text and a known label are needed.")
        rows.append(LabelledText(row["text"].strip(), row["label"]))
    return rows


def check_hash(folder: Path) -> str:
    """Return the SHA-256 of the set's lines; raise DataError unless its manifest says it."""
    try:
        stated = json.loads((folder / MANIFEST).read_text())["sha256"]
        found = hashlib.sha256((folder / LINES).read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder}: this is no exported set of reviews.") from error
    if stated != found:
        raise DataError(f"{folder}: {LINES} is not what {MANIFEST} was made for.")
    return found
