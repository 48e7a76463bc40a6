"""Load the models of an engine; imports torch, so only host processes import this."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from inference.classifier import TorchClassifier
from inference.errors import ModelFileError
from inference.generator import T5Generator
from inference.loading import load_classifier, load_reply_model
from inference.registry import weights_dir

if TYPE_CHECKING:
    from inference.config import EngineConfig

logger = logging.getLogger(__name__)
Progress = Callable[[str], None]


def pick_device(name: str) -> str:
    """Return the device to use: "auto" is CUDA where there is any, else the CPU.

    MPS is used only where asked for: that it pays for models this small is not measured.
    """
    if name != "auto":
        return name
    return "cuda" if torch.cuda.is_available() else "cpu"


def load_classifiers(
    config: EngineConfig, on_progress: Progress
) -> dict[str, TorchClassifier]:
    """Load what can be loaded: one broken folder must not keep the others from serving."""
    torch.set_num_threads(config.n_threads)
    loaded = {}
    for name in config.classifier_names:
        on_progress(f"loading {name}…")
        folder = weights_dir(name, config.weights_root)
        try:
            loaded[name] = TorchClassifier(
                load_classifier(folder, pick_device(config.device))
            )
        except ModelFileError:
            logger.exception("the classifier %s is left out", name)
    return loaded


def load_generator(config: EngineConfig, on_progress: Progress) -> T5Generator | None:
    """Load the reply model, or None where its folder is not usable."""
    torch.set_num_threads(config.n_threads)
    on_progress("loading the reply model…")
    try:
        model = load_reply_model(config.reply_folder, pick_device(config.device))
    except ModelFileError:
        logger.exception("the reply model is left out")
        return None
    return T5Generator(model, config.limits.n_slots)
