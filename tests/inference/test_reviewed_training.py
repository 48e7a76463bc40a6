"""`manage.py train NAME --data DIR --reviews VERSION`: the loop closes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from transformers import PreTrainedTokenizerFast

from inference.training.order import Order
from tests.inference.family_parts import few_own_lines
from tests.inference.training_parts import emotion_folder, tiny_bert, wordpiece

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXTS = [{"id": n, "text": f"i feel rare {n}", "label": "surprise"} for n in range(6)]
# It stands in val.txt, which judges the model, and so is not learned from.
JUDGES = {"id": 9, "text": "feeling happy", "label": "anger"}


@pytest.fixture
def exported(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Version 1 of the reviews, as the admin writes it."""
    few_own_lines(tmp_path / "lines", monkeypatch)
    settings.VAR_DIR = tmp_path / "var"
    folder = tmp_path / "var" / "reviews" / "1"
    folder.mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in [*TEXTS, JUDGES])
    (folder / "labels.jsonl").write_text(lines)
    digest = hashlib.sha256(lines.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps({"sha256": digest}))
    return folder


@pytest.fixture
def trained(tmp_path: Path, exported: Path) -> Callable[..., dict[str, Any]]:
    """Train a tiny model and return how its manifest says it was made."""
    base = tmp_path / "base"
    tiny_bert().save_pretrained(base)
    PreTrainedTokenizerFast(
        tokenizer_object=wordpiece(), pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(base)
    data = emotion_folder(tmp_path / "data")

    def train(**options: Any) -> dict[str, Any]:
        output = tmp_path / f"made-{len(options)}"
        call_command(
            "train",
            "bert",
            data=data,
            output=output,
            base=str(base),
            device="cpu",
            epochs=1,
            **options,
        )
        return json.loads((output / "manifest.json").read_text())

    return train


def test_reviewed_labels_are_learned_from_and_named(trained, exported: Path) -> None:
    plain, reviewed = trained(), trained(reviews=1)
    digest = json.loads((exported / "manifest.json").read_text())["sha256"]
    assert plain["training"]["reviews"] == ""
    assert reviewed["training"]["reviews"] == digest
    assert reviewed["training"]["n_texts"] == plain["training"]["n_texts"] + len(TEXTS)
    assert reviewed["version"] != plain["version"]


def test_a_set_that_was_touched_or_is_not_there_is_refused(trained, exported) -> None:
    with pytest.raises(CommandError, match="no exported set"):
        trained(reviews=2)
    (exported / "labels.jsonl").write_text(json.dumps(TEXTS[0]) + "\n")
    with pytest.raises(CommandError, match="is not what"):
        trained(reviews=1)


def test_a_rewritten_set_is_another_run(tmp_path: Path, exported: Path) -> None:
    order = Order("bert", tmp_path, tmp_path, tmp_path, reviews=exported)
    before = order.identity
    (exported / "labels.jsonl").write_text("")
    digest = hashlib.sha256(b"").hexdigest()
    (exported / "manifest.json").write_text(json.dumps({"sha256": digest}))
    assert order.identity != before


def test_the_reply_model_takes_no_reviews(tmp_path: Path, exported: Path) -> None:
    with pytest.raises(CommandError, match="--reviews are for classifiers"):
        call_command("train", "reply", data=tmp_path, reviews=1, device="cpu")
