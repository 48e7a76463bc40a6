"""The checklist "To add a task" of CONTRIBUTING.md, followed with a toy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from chat import classifiers
from chat.errors import UnknownClassifier
from inference.classifier import TorchClassifier
from inference.config import EngineConfig
from inference.hosts.inline import InlineClient
from inference.loading import load_classifier
from inference.model_files import read_manifest
from inference.registry import CLASSIFIERS, TASKS, ClassifierSpec, Task
from inference.training import classifiers as training
from inference.training import start
from inference.training.classifiers import train_classifier
from inference.training.order import Order
from inference.types import ClassifyRequest
from tests.inference.family_parts import N_POSITIONS, bert, pieces, save_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

LABELS = ("down", "up")
NAME = "bert-mood"
LONG = "feeling happy and angry and sad " * 20


@pytest.fixture(autouse=True)
def _rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Step 1: a row in each of the two tables."""
    monkeypatch.setitem(TASKS, "mood", Task("mood", "Mood", LABELS))
    spec = ClassifierSpec(NAME, "BERT (mood)", "mood", "bert")
    monkeypatch.setitem(CLASSIFIERS, NAME, spec)


@pytest.fixture
def order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Order:
    """Step 2: texts with their labels, as csv, and a start."""
    encoder = tmp_path / "tiny_encoder" / "model"
    save_checkpoint(encoder, bert(), pieces())
    for module in (start, training):
        monkeypatch.setattr(module, "packaged_encoder", lambda: encoder)
    data = tmp_path / "mood"
    data.mkdir()
    rows = ["text,label", "feel happy,up", "feel sad,down", f"{LONG},up", "angry,down"]
    for split, times in {"train": 8, "val": 2, "test": 2}.items():
        lines = [rows[0], *(f"{split} {row}" for row in rows[1:] * times)]
        (data / f"{split}.csv").write_text("\n".join(lines))
    output = tmp_path / "weights" / NAME
    return Order(NAME, data, output, tmp_path / "work", epochs=1)


async def test_a_task_more_is_two_rows_and_a_trained_folder(
    order: Order, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = train_classifier(order)
    manifest = read_manifest(order.output)

    assert (manifest["task"], manifest["labels"]) == ("mood", list(LABELS))
    assert manifest["windows"] == {"size": N_POSITIONS, "overlap": 16, "most": 16}
    assert load_classifier(order.output).model.config.hidden_act == "gelu_pytorch_tanh"
    assert set(manifest["calibration"]) == {"mood"}

    file = order.data / "test.csv"
    call_command("evaluate", NAME, data=file, weights=order.output, json=True)
    figures = json.loads(capsys.readouterr().out)
    assert figures["n"] == 8
    assert figures["windows"]["a_text"] > 2
    assert figures["accuracy"] == figures["windows"]["mean_of_logits"]["accuracy"]

    call_command("evaluate", NAME, data=file, weights=order.output)
    assert "  first_window " in capsys.readouterr().out

    read = await scores_of_engine(order.output.parent)
    alone = TorchClassifier(load_classifier(order.output))
    (expected,) = alone.classify([alone.encode(LONG)])
    assert read.model_version == version
    assert tuple(read.scores) == LABELS
    assert read.scores == pytest.approx(expected, abs=1e-5)

    monkeypatch.setattr(
        classifiers, "served", lambda: (CLASSIFIERS["bert"], CLASSIFIERS[NAME])
    )
    assert [spec.name for spec in classifiers.offered()] == ["bert"]
    assert classifiers.check_choice([NAME], "mood") == [NAME]
    with pytest.raises(UnknownClassifier, match="those are: bert-mood"):
        classifiers.check_choice(["bert"], "mood")


async def scores_of_engine(weights: Path):
    """Load all that lies in the folder of weights, as an engine does, and ask it."""
    config = EngineConfig(
        host="inline",
        weights_root=weights,
        device="cpu",
        decoder="tests.fakes:scripted_generator",
    )
    assert config.classifier_names == (NAME,)
    client = InlineClient(config)
    try:
        await client.start()
        return await client.classify(ClassifyRequest("r", NAME, LONG))
    finally:
        await client.close()
