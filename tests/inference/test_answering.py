"""`manage.py answer` shows what the shipped models read and say."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from chat.management.commands.answer import read_messages
from inference.registry import EMOTION_LABELS

if TYPE_CHECKING:
    from pathlib import Path


def answers(file: Path, **options: object) -> list[dict[str, object]]:
    out = StringIO()
    call_command("answer", file, json=True, stdout=out, **options)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_label_behind_the_last_semicolon_is_no_part_of_the_message(
    tmp_path: Path,
) -> None:
    file = tmp_path / "messages.txt"
    file.write_text("i won; at last;joy\n\nhe left; again\n")

    assert read_messages(file) == ["i won; at last", "he left; again"]


def test_every_message_is_read_and_answered(tmp_path: Path) -> None:
    file = tmp_path / "messages.txt"
    file.write_text("i won the race!!!\nmy cat died yesterday;sadness\n")
    found = answers(file)

    assert [row["message"] for row in found] == [
        "i won the race!!!",
        "my cat died yesterday",
    ]
    assert {row["label"] for row in found} <= set(EMOTION_LABELS)
    assert all(row["reply"] for row in found)
    assert found == answers(file)
    assert [row["reply"] for row in found] != [
        r["reply"] for r in answers(file, seed=9)
    ]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.txt"):
        call_command("answer", tmp_path / "nowhere.txt")
