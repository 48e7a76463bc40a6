"""The tables of tasks and classifiers, and which of them PyTorch's host loads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from inference.config import EngineConfig
from inference.registry import (
    CLASSIFIERS,
    EMOTION,
    FRAMEWORKS,
    MANIFEST_NAME,
    NEWS,
    TASKS,
    available_classifiers,
    of_task,
    runs_in,
)

if TYPE_CHECKING:
    from pathlib import Path


def trained(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir()
        (root / name / MANIFEST_NAME).write_text(json.dumps({}))
    return root


def test_every_classifier_has_a_task_and_a_framework_that_is_known() -> None:
    for name, spec in CLASSIFIERS.items():
        assert name == spec.name
        assert spec.labels == TASKS[spec.task].labels
        assert spec.framework in FRAMEWORKS


def test_each_task_has_its_own_classifiers() -> None:
    assert of_task(EMOTION) == (
        "bert",
        "distilbert",
        "roberta",
        "electra",
        "mobilebert",
    )
    assert of_task(NEWS) == ("bert-news", "bert-news-tf")
    assert of_task(NEWS, "pytorch") == ("bert-news",)
    assert of_task("weather") == ()


@pytest.mark.parametrize("named", [None, ("bert", "bert-news", "bert-news-tf")])
def test_pytorchs_engine_never_loads_the_twin(
    named: tuple[str, ...] | None, tmp_path: Path
) -> None:
    root = trained(tmp_path, "bert", "bert-news", "bert-news-tf")
    config = EngineConfig(classifiers=named, weights_root=root)

    assert config.classifier_names == ("bert", "bert-news")
    assert [spec.name for spec in available_classifiers(root)][-1] == "bert-news-tf"


def test_a_name_that_nobody_knows_is_left_for_the_loading_to_refuse() -> None:
    assert runs_in("pytorch", "nobody")
    assert not runs_in("tensorflow", "nobody")
    assert not runs_in("tensorflow", "bert-news")
    assert EngineConfig(classifiers=("nobody",)).classifier_names == ("nobody",)
