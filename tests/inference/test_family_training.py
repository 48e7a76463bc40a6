"""One function trains every family, from a tiny base, to a folder that serves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch

from inference.classifier import TorchClassifier
from inference.loading import load_classifier
from inference.model_files import read_manifest
from inference.registry import (
    CLASSIFIERS,
    EMOTION,
    EMOTION_LABELS,
    TASKS,
    Task,
    of_task,
)
from inference.training import classifiers, families, start
from inference.training.classifiers import train_classifier
from inference.training.data import DataError
from inference.training.families import distilbert_from, electra_from, roberta_from
from inference.training.order import Order
from inference.training.vocabulary import train_bpe
from tests.inference.family_parts import (
    MOBILE_WIDTH,
    N_POSITIONS,
    bert,
    few_own_lines,
    pieces,
    save_checkpoint,
    save_teacher,
)
from tests.inference.training_parts import emotion_folder

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["i feel happy", "SO SAD 😢", "", "feeling scared " * 40, "angry"]
A_FEW_STEPS = 1.0
STUDENTS = ("distilbert", "mobilebert")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the packaged encoder's, of a tiny BERT."""
    folder = tmp_path_factory.mktemp("packages") / "tiny_encoder" / "model"
    return save_checkpoint(folder, bert(), pieces())


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_teacher(tmp_path_factory.mktemp("teacher") / "bert", bert(1))


@pytest.fixture(autouse=True)
def _tiny(encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few_own_lines(tmp_path / "lines", monkeypatch)
    for module in (start, classifiers):
        monkeypatch.setattr(module, "packaged_encoder", lambda: encoder)
    monkeypatch.setattr(families, "MOBILE_WIDTH", MOBILE_WIDTH)


@pytest.fixture
def order(tmp_path: Path, teacher: Path) -> Order:
    data = emotion_folder(tmp_path / "data")
    output, work = tmp_path / "made", tmp_path / "work"
    return Order("bert", data, output, work, teacher=teacher, epochs=A_FEW_STEPS)


def scores_of(folder: Path) -> list[list[float]]:
    """Score the texts in one batch, so that all but the longest are padded."""
    classifier = TorchClassifier(load_classifier(folder))
    rows = classifier.classify([classifier.encode(text) for text in TEXTS])
    assert all(tuple(row) == EMOTION_LABELS for row in rows)
    return [list(row.values()) for row in rows]


@pytest.mark.parametrize("name", of_task(EMOTION))
def test_it_trains_saves_loads_and_scores(name: str, order: Order) -> None:
    order = replace(order, name=name)
    version = train_classifier(order)
    manifest = read_manifest(order.output)
    told = manifest["training"]

    assert load_classifier(order.output).model.config.model_type == name
    assert (manifest["name"], manifest["version"]) == (name, version)
    assert manifest["max_tokens"] == N_POSITIONS
    assert told["base"] == "tiny-encoder"
    assert told["taught_by"] == ("bert" if name in STUDENTS else "")
    assert set(manifest["calibration"]) == {order.data.name, "own"}
    assert told["n_texts"] == 2 * 24 + 2 * 7
    assert all(sum(row) == pytest.approx(1) for row in scores_of(order.output))
    assert not list(order.work.glob("*.pt"))


@pytest.mark.parametrize("name", of_task(EMOTION))
def test_padding_changes_no_score_of_a_shipped_folder(name: str, order: Order) -> None:
    train_classifier(replace(order, name=name))
    classifier = TorchClassifier(load_classifier(order.output))
    rows = [classifier.encode(text) for text in TEXTS]
    together = classifier.classify(rows)

    for row, scores in zip(rows, together, strict=True):
        assert classifier.classify([row])[0] == pytest.approx(scores, abs=1e-4)


def test_the_same_order_gives_the_same_weights(order: Order) -> None:
    first = train_classifier(order)
    again = train_classifier(replace(order, output=order.output / "again"))
    other = train_classifier(replace(order, seed=14))

    assert first == again != other


@pytest.mark.parametrize("name", STUDENTS)
def test_with_the_papers_settings_nobody_teaches(name: str, order: Order) -> None:
    """One way for all, no matter whether there is a teacher; the lines are theirs alone."""
    nowhere = order.output / "nowhere"
    order = replace(order, name=name, paper=True, teacher=nowhere, epochs=1)
    train_classifier(order)
    told = read_manifest(order.output)["training"]

    assert told["taught_by"] == ""
    assert told["n_texts"] == 24
    assert told["settings"]["learning_rate"] == 5e-5
    assert told["settings"]["batch_size"] == 16
    assert "own_accuracy" not in told["validation"][0]


@pytest.mark.parametrize("name", STUDENTS)
def test_a_student_without_a_teacher_says_so(name: str, order: Order) -> None:
    order = replace(order, name=name, teacher=order.output / "nowhere")

    with pytest.raises(DataError, match=rf"{name} learns from our bert: nowhere: .*no"):
        train_classifier(order)
    assert not order.output.exists()


def test_a_student_refuses_a_teacher_that_was_altered(
    order: Order, tmp_path: Path
) -> None:
    folder = save_teacher(tmp_path / "altered", bert(1))
    shard = next(folder.glob("*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:-1])

    with pytest.raises(DataError, match="altered or cut short"):
        train_classifier(replace(order, name="distilbert", teacher=folder))


def test_a_student_reads_with_its_teachers_words(order: Order, teacher: Path) -> None:
    train_classifier(replace(order, name="distilbert"))
    own, theirs = (load_classifier(f).tokenizer for f in (order.output, teacher))

    assert own.get_vocab() == theirs.get_vocab()
    assert own.encode("i feel happy").ids == theirs.encode("i feel happy").ids


def local_base(name: str, folder: Path) -> Path:
    """Write a checkpoint of the family, with a tokenizer of its kind."""
    source = bert()
    if name == "roberta":
        bpe = train_bpe(["i feel happy"] * 3, 400)
        return save_checkpoint(folder, roberta_from(source, pieces(), bpe), bpe)
    builders = {
        "electra": electra_from,
        "distilbert": distilbert_from,
        "mobilebert": families.mobilebert_from,
    }
    model = builders[name](source) if name in builders else source
    return save_checkpoint(folder, model, pieces())


@pytest.mark.parametrize("name", of_task(EMOTION))
def test_it_starts_from_a_local_base_of_its_family(
    name: str, order: Order, tmp_path: Path
) -> None:
    base = local_base(name, tmp_path / "base")
    order = replace(order, name=name, base=str(base), teacher=tmp_path / "nowhere")
    train_classifier(order)
    loaded = load_classifier(order.output)

    assert loaded.model.config.model_type == name
    assert read_manifest(order.output)["training"]["base"] == str(base)
    assert len(scores_of(order.output)) == len(TEXTS)


@pytest.mark.parametrize(("name", "other"), [("roberta", "bert"), ("bert", "electra")])
def test_a_base_of_another_family_is_refused(
    name: str, other: str, order: Order, tmp_path: Path
) -> None:
    base = local_base(other, tmp_path / "base")

    with pytest.raises(DataError, match=f"this is a {other}, no {name}"):
        train_classifier(replace(order, name=name, base=str(base)))
    assert not order.output.exists()


def test_a_base_keeps_its_weights_but_for_the_head(tmp_path: Path) -> None:
    """Another model's head, of two labels, makes room for ours of six."""
    source = bert()
    source.classifier = torch.nn.Linear(16, 2)
    source.config.id2label = {0: "bad", 1: "good"}
    source.config.label2id = {"bad": 0, "good": 1}
    base = save_checkpoint(tmp_path / "base", source, pieces())
    found = start.load_checkpoint(str(base), EMOTION_LABELS).model

    assert found.classifier.out_features == 6
    for key, weight in source.base_model.state_dict().items():
        assert torch.equal(found.base_model.state_dict()[key], weight), key


def test_our_own_lines_are_of_use_for_emotions_alone(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TASKS, "mood", Task("mood", "Mood", EMOTION_LABELS))
    mood = replace(CLASSIFIERS["bert"], task="mood")
    monkeypatch.setitem(CLASSIFIERS, "bert", mood)
    train_classifier(order)
    manifest = read_manifest(order.output)

    assert manifest["task"] == "mood"
    assert manifest["training"]["n_texts"] == 2 * 24
    assert set(manifest["calibration"]) == {order.data.name}
