"""Labels softened by what several trained classifiers say of the texts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from inference.loading import load_classifier
from inference.model_files import read_manifest
from inference.registry import EMOTION_LABELS
from inference.training.classifiers import train_classifier
from inference.training.data import DataError, LabelledText
from inference.training.order import Order
from inference.training.presets import preset_for
from inference.training.trainee import TUTORS_SHARE, ClassifierTrainee, Texts
from inference.training.tutors import tutors_scores
from tests.inference.family_parts import (
    bert,
    few_own_lines,
    pieces,
    save_checkpoint,
    save_teacher,
)
from tests.inference.training_parts import emotion_folder

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["i feel happy", "i feel sad", "i feel happy", "a cab"]


@pytest.fixture
def tutors(tmp_path: Path) -> tuple[Path, Path]:
    first = save_teacher(tmp_path / "first", bert(1))
    return first, save_teacher(tmp_path / "second", bert(2))


def scores(folder: Path, text: str) -> torch.Tensor:
    found = load_classifier(folder)
    ids = torch.tensor([found.tokenizer.encode(text).ids])
    return found.model(input_ids=ids).logits.softmax(-1)[0]


def test_each_text_gets_the_mean_of_the_tutors(
    tutors: tuple[Path, Path], tmp_path: Path
) -> None:
    found = tutors_scores(tutors, TEXTS, EMOTION_LABELS, tmp_path / "work")

    assert found.shape == (4, 6)
    for row, text in zip(found, TEXTS, strict=True):
        mean = (scores(tutors[0], text) + scores(tutors[1], text)) / 2
        assert torch.allclose(row, mean, atol=1e-5)


def test_a_tutor_is_asked_once(tutors: tuple[Path, Path], tmp_path: Path) -> None:
    work = tmp_path / "work"
    first = tutors_scores(tutors, TEXTS, EMOTION_LABELS, work)
    kept = {path.name: path.stat().st_mtime_ns for path in work.glob("*.npy")}
    again = tutors_scores(tutors, TEXTS, EMOTION_LABELS, work)

    assert len(kept) == 2
    assert torch.equal(first, again)
    assert kept == {path.name: path.stat().st_mtime_ns for path in work.glob("*.npy")}


def test_the_label_keeps_its_share(tutors: tuple[Path, Path], tmp_path: Path) -> None:
    rows = [LabelledText(TEXTS[0], "joy"), LabelledText(TEXTS[3], "none")]
    texts = Texts(rows, {}, [], EMOTION_LABELS)
    order = Order("bert", tmp_path, tmp_path, tmp_path / "work", tutors=tutors)
    preset = preset_for("bert", paper=False)
    trainee = ClassifierTrainee(bert(), pieces(), texts, preset, order, None)
    target = trainee.target([0, 1])
    said = tutors_scores(tutors, [row.text for row in rows], EMOTION_LABELS, tmp_path)
    joy = EMOTION_LABELS.index("joy")

    assert target.sum(dim=1).tolist() == pytest.approx([1, 1])
    own = (target - TUTORS_SHARE * said) / (1 - TUTORS_SHARE)
    assert own[0].tolist() == pytest.approx(
        [float(i == joy) for i in range(6)], abs=1e-5
    )
    assert own[1].tolist() == pytest.approx([1 / 6] * 6, abs=1e-5)


def test_no_tutor_is_asked_about_what_is_sure(
    tutors: tuple[Path, Path], tmp_path: Path
) -> None:
    rows = [LabelledText(TEXTS[0], "joy"), LabelledText(TEXTS[1], "joy")]
    texts = Texts(rows, {}, [], EMOTION_LABELS, sure={TEXTS[1]})
    order = Order("bert", tmp_path, tmp_path, tmp_path / "work", tutors=tutors)
    preset = preset_for("bert", paper=False)
    softened, kept = ClassifierTrainee(
        bert(), pieces(), texts, preset, order, None
    ).target([0, 1])
    joy = EMOTION_LABELS.index("joy")

    assert kept.tolist() == pytest.approx([float(i == joy) for i in range(6)])
    assert softened[joy] < 1


def test_a_tutor_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere: "):
        tutors_scores([tmp_path / "nowhere"], TEXTS, EMOTION_LABELS, tmp_path)


def test_a_tutor_of_another_task_is_refused(
    tutors: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="other labels"):
        tutors_scores(tutors, TEXTS, ("tech", "sport"), tmp_path)


def test_the_manifest_tells_who_tutored(
    tutors: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_own_lines(tmp_path / "lines", monkeypatch)
    data, base = (
        emotion_folder(tmp_path / "data"),
        save_checkpoint(tmp_path / "base", bert(), pieces()),
    )
    plain = Order(
        "bert", data, tmp_path / "a", tmp_path / "w", base=str(base), epochs=1
    )
    taught = replace(plain, output=tmp_path / "b", tutors=tutors)
    versions = [read_manifest(folder)["version"] for folder in tutors]

    assert train_classifier(plain) != train_classifier(taught)
    assert read_manifest(tmp_path / "a")["training"]["tutors"] == []
    assert read_manifest(tmp_path / "b")["training"]["tutors"] == versions
    assert not list((tmp_path / "w").iterdir())
