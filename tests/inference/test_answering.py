"""`manage.py answer` shows what the shipped models read and say."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from chat.management.commands.answer import read_messages
from inference.registry import EMOTION_LABELS
from inference.training import answering

if TYPE_CHECKING:
    from pathlib import Path

    from inference.types import GenerateRequest


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


def test_a_label_that_is_not_likely_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "messages.txt"
    file.write_text("i won the race!!!\n")
    asked: list[GenerateRequest] = []

    def note(_: object, requests: list[GenerateRequest]) -> list[str]:
        asked.extend(requests)
        return ["" for _ in requests]

    monkeypatch.setattr(answering, "write_replies", note)
    for told_from in (0.0, 1.01):
        monkeypatch.setattr("inference.prompt.LABEL_TOLD_FROM", told_from)
        answers(file)
    assert [request.label for request in asked] == ["joy", None]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.txt"):
        call_command("answer", tmp_path / "nowhere.txt")
