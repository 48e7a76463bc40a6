"""One model from several trainings that began alike: the mean of their weights.

It costs no more to run than one of them and errs less, as long as all came from one start.
Source: https://arxiv.org/abs/2203.05482, section 3 (the uniform soup).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from inference.errors import ModelFileError
from inference.loading import LoadedClassifier, load_classifier
from inference.model_files import read_manifest
from inference.training.data import DataError
from inference.training.saving import save_model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEPT = ("name", "task", "labels", "max_tokens")


@dataclass(frozen=True, slots=True)
class _Trained:
    folder: Path
    manifest: dict[str, Any]
    found: LoadedClassifier

    @property
    def shape(self) -> tuple[str, str, str]:
        config = self.found.model.config.to_json_string(use_diff=True)
        return self.manifest["name"], config, self.found.tokenizer.to_str()


def average(folders: Sequence[Path], output: Path) -> str:
    """Write the mean of the classifiers in `folders`, uncalibrated; return its version.

    Raises DataError where one cannot be read, or has another architecture or vocabulary.
    """
    models = [_read(folder) for folder in folders]
    first = models[0]
    for other in models[1:]:
        if other.shape != first.shape:
            raise DataError(f"{other.folder} and {first.folder} did not begin alike.")
    model = first.found.model
    model.load_state_dict(_mean([m.found.model.state_dict() for m in models]))
    info = {key: first.manifest[key] for key in KEPT} | {"training": _how(models)}
    tokenizer = first.found.tokenizer.to_str()
    return save_model(output, model, model.config, tokenizer, info, int8=True)


def _read(folder: Path) -> _Trained:
    try:
        return _Trained(folder, read_manifest(folder), load_classifier(folder))
    except ModelFileError as error:
        raise DataError(f"{folder}: nothing to average. {error}") from error


def _mean(states: Sequence[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """Return the mean of each weight; whole numbers (positions) are the first's."""
    return {
        key: torch.stack([state[key] for state in states]).mean(0)
        if first.is_floating_point()
        else first
        for key, first in states[0].items()
    }


def _how(models: Sequence[_Trained]) -> dict[str, Any]:
    """Tell what was averaged: the first one's training, and the time of all together."""
    trainings = [model.manifest.get("training", {}) for model in models]
    return {
        **trainings[0],
        "averaged": [model.manifest["version"] for model in models],
        "seconds": sum(training.get("seconds", 0) for training in trainings),
    }
