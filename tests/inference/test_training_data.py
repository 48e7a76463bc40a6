"""What training reads: labelled texts, dialogues, pairs of our own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from inference.registry import EMOTION_LABELS
from inference.training.data import DataError, read_labelled, read_training_mix
from inference.training.dialogue import is_fit_reply, read_pairs, select_pairs
from inference.training.own_pairs import own_pairs
from tests.inference.training_parts import emotion_folder, jsonl

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return emotion_folder(tmp_path / "data")


@pytest.mark.parametrize("column", ["label", "category"])
def test_it_reads_csv_with_text_and_label(tmp_path: Path, column: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'{column},text,more\njoy,"hello, you",1\nfear,boo,2\n')
    rows = read_labelled(path, EMOTION_LABELS)

    assert [(row.text, row.label) for row in rows] == [
        ("hello, you", "joy"),
        ("boo", "fear"),
    ]


def test_a_text_may_hold_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("well; fine;joy\n\n")

    assert read_labelled(path, EMOTION_LABELS)[0].text == "well; fine"


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.txt", b"fine;joy\nno label here\n", "line 2: there is no text"),
        ("a.txt", b"fine;joy\nodd;sport\n", "line 2: the label 'sport'"),
        ("a.txt", b"fine;joy\n;joy\n", "line 2: there is no text"),
        ("a.txt", b"", "empty"),
        ("a.txt", b"\xff\xfe;joy\n", "not UTF-8"),
        ("a.csv", b"words,label\nfine,joy\n", "line 1: columns"),
        ("a.csv", b"text,label\nfine,joy\nodd\n", "line 3: the label None"),
        ("a.jsonl", b'{"message": "a"}\n{oops\n', "line 2: this is not JSON"),
        ("a.jsonl", b"[1]\n", "line 1: this is no JSON object"),
        ("a.xlsx", b"x", "only .txt, .csv, .jsonl"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(DataError, match=complaint):
        read_labelled(path, EMOTION_LABELS)


def test_texts_of_val_and_test_are_left_out_of_training(data: Path) -> None:
    (data / "test.txt").write_text("i feel happy;love\n")
    rows = read_training_mix(
        data, (), EMOTION_LABELS, extra_limit=9, neutral_limit=9, seed=1
    )

    assert len(rows) == 20
    assert "i feel happy" not in {row.text for row in rows}


def test_extra_folders_give_openings_up_to_the_limit(
    data: Path, tmp_path: Path
) -> None:
    extra = tmp_path / "talks"
    extra.mkdir()
    openings = [{"context": [], "message": f"m{i}", "emotion": "joy"} for i in range(9)]
    later = [{"context": ["a", "b"], "message": "no", "emotion": "joy"}]
    unknown = [{"context": [], "message": "no", "emotion": None}]
    lines = [json.dumps(row) for row in openings + later + unknown]
    (extra / "train.jsonl").write_text("\n".join(lines))
    rows = read_training_mix(
        data, (extra,), EMOTION_LABELS, extra_limit=5, neutral_limit=9, seed=1
    )

    assert sum(row.text.startswith("m") for row in rows) == 5
    assert "no" not in {row.text for row in rows}


@pytest.mark.parametrize(
    ("reply", "is_fit"),
    [
        ("I'm so sorry about your dog. How old was he?", True),
        ("My wife had the same thing happen to her.", False),
        ("I was just talking about this with my friend.", False),
        ("Lol that is too bad for you", False),
        ("Cool.", False),
    ],
)
def test_a_bot_may_not_say_everything(reply: str, is_fit: bool) -> None:
    assert is_fit_reply(reply) is is_fit


def test_the_other_speaker_always_spoke_last(tmp_path: Path) -> None:
    rows = [
        {"context": ["hi", "a", "b"], "message": "m", "reply": "r", "emotion": "joy"}
    ]
    (pair,) = read_pairs(jsonl(tmp_path / "x.jsonl", rows))

    assert [(t.message, t.reply) for t in pair.history] == [("a", "b")]


def test_a_pair_without_reply_is_refused_with_its_line(tmp_path: Path) -> None:
    path = jsonl(
        tmp_path / "x.jsonl", [{"message": "m", "reply": "r"}, {"message": "m"}]
    )

    with pytest.raises(DataError, match="line 2"):
        read_pairs(path)


def test_specific_replies_weigh_more_than_common_ones(tmp_path: Path) -> None:
    rows = [{"message": "my dog ran off", "reply": "Where was the dog last seen then?"}]
    rows += [{"message": f"m{i}", "reply": "How did that go?"} for i in range(20)]
    pairs = select_pairs(read_pairs(jsonl(tmp_path / "x.jsonl", rows)))

    assert [pair.weight for pair in pairs] == [1.5] + [0.5] * 8


def test_our_own_pairs_are_the_same_every_time() -> None:
    pairs = own_pairs(5)

    assert pairs == own_pairs(5) != own_pairs(6)
    assert not any("{" in pair.message + pair.reply for pair in pairs)
    assert {pair.label for pair in pairs} == {None, *EMOTION_LABELS}
