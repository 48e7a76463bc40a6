"""`manage.py average`: one model from several that began alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch
from django.core.management import CommandError, call_command
from transformers import BertForSequenceClassification

from inference.loading import load_classifier
from inference.training.averaging import average
from inference.training.data import DataError
from inference.training.saving import update_manifest
from tests.inference.family_parts import bert, save_teacher

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def trained(tmp_path: Path) -> list[Path]:
    folders = [save_teacher(tmp_path / f"run{i}", bert(seed=i)) for i in range(3)]
    for i, folder in enumerate(folders):
        update_manifest(folder, {"training": {"seconds": 10 + i, "data": ["emotion"]}})
    return folders


def test_each_weight_is_the_mean(trained: list[Path], tmp_path: Path) -> None:
    version = average(trained, tmp_path / "mean")

    mean = load_classifier(tmp_path / "mean")
    states = [load_classifier(f).model.state_dict() for f in trained]
    for key, weight in mean.model.state_dict().items():
        wanted = torch.stack([state[key].float() for state in states]).mean(0)
        step = wanted.abs().max() / 127  # of an int8 row's scale
        assert torch.allclose(weight.float(), wanted, atol=float(step)), key
    assert mean.version == version
    assert not torch.equal(
        mean.model.state_dict()["classifier.weight"], states[0]["classifier.weight"]
    )


def test_the_manifest_tells_what_was_averaged(
    trained: list[Path], tmp_path: Path
) -> None:
    call_command("average", *map(str, trained), output=tmp_path / "mean")

    manifest = json.loads((tmp_path / "mean/manifest.json").read_text())
    versions = [load_classifier(folder).version for folder in trained]
    assert manifest["training"]["averaged"] == versions
    assert manifest["training"]["seconds"] == 33
    assert manifest["training"]["data"] == ["emotion"]
    assert "temperature" not in manifest  # that is chosen anew


def test_a_folder_may_become_the_mean_of_itself_and_others(trained: list[Path]) -> None:
    before = load_classifier(trained[0]).version

    assert average(trained, trained[0]) != before
    assert load_classifier(trained[0]).labels


def test_models_that_began_differently_are_refused(
    trained: list[Path], tmp_path: Path
) -> None:
    config = bert().config
    config.intermediate_size = 24
    other = save_teacher(tmp_path / "other", BertForSequenceClassification(config))

    with pytest.raises(DataError, match="did not begin alike"):
        average([*trained, other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_an_altered_shard_is_refused(trained: list[Path], tmp_path: Path) -> None:
    shard = next(trained[1].glob("*.safetensors"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")

    with pytest.raises(CommandError, match="nothing to average"):
        call_command("average", *map(str, trained), output=tmp_path / "mean")
