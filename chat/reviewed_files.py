"""The files of one exported set: written whole or not at all, and hashed."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from chat.datasheet import datasheet

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

Line = dict[str, Any]
LINES, MANIFEST, DATASHEET = "labels.jsonl", "manifest.json", "DATASHEET.md"
NAMES = (LINES, MANIFEST, DATASHEET)
# Whose each line is; it stays here, and outlives the message's own row.
PEOPLE = "people.json"


class SetFiles:
    """A set's folder. Only its owner may read it, for it holds what people wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = int(folder.name)

    @property
    def manifest(self) -> dict[str, Any]:
        """What is known of the set; {} while it is only being written."""
        path = self.folder / MANIFEST
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def create(
        self,
        lines: Sequence[Line],
        people: Mapping[int, int],
        *,
        reason: str,
        excluded: Line,
        at: datetime,
    ) -> None:
        """Write a new set; `people` says whose each id is. Raises FileExistsError."""
        self.folder.mkdir(parents=True, mode=0o700)
        self._replace(PEOPLE, json.dumps(people))
        facts = {"version": self.version, "created_at": at.isoformat(), "history": []}
        self._write(lines, facts | {"reason": reason, "excluded": excluded}, at, "new")

    def keys(self) -> list[int]:
        """The ids of all lines."""
        return [line["id"] for line in self._lines()]

    def keys_of(self, person: int) -> set[int]:
        """The ids of the lines that were this person's, gone already or not."""
        path = self.folder / PEOPLE
        people: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        return {int(key) for key, owner in people.items() if owner == person}

    def without(self, keys: Collection[int], *, why: str) -> bool:
        """Rewrite the set without these messages; say whether it had any of them.

        Also mends a set whose rewriting was cut short.
        """
        kept = [line for line in self._lines() if line["id"] not in keys]
        if _hash(kept) == self.manifest.get("sha256"):
            return False
        facts = {"version": self.version, "history": [], **self.manifest}
        self._write(kept, facts, timezone.now(), why)
        return True

    def read(self, name: str) -> bytes:
        """Return one of NAMES, whole."""
        return (self.folder / name).read_bytes()

    def _lines(self) -> list[Line]:
        path = self.folder / LINES
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [json.loads(line) for line in text.splitlines() if line]

    def _write(
        self, lines: Sequence[Line], facts: Line, at: datetime, why: str
    ) -> None:
        digest = _hash(lines)
        step = {"at": at.isoformat(), "sha256": digest, "n": len(lines), "why": why}
        labels = Counter(line["label"] for line in lines)
        manifest = {
            **facts,
            "sha256": digest,
            "n": len(lines),
            "labels": dict(sorted(labels.items())),
            "history": [*facts["history"], step],
        }
        self._replace(LINES, _text(lines))
        self._replace(DATASHEET, datasheet(manifest))
        self._replace(MANIFEST, json.dumps(manifest, indent=2) + "\n")

    def _replace(self, name: str, text: str) -> None:
        new = self.folder / f".{name}.new"
        with os.fdopen(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.folder / name)


def _text(lines: Sequence[Line]) -> str:
    # One line each: JSON escapes what splitlines() would break at.
    return "".join(json.dumps(line) + "\n" for line in lines)


def _hash(lines: Sequence[Line]) -> str:
    return hashlib.sha256(_text(lines).encode()).hexdigest()
