"""Load the models of an engine; imports torch, so only host processes import this."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from inference.checkpoints import CONFIG, Checkpoint
from inference.classifier import TorchClassifier
from inference.errors import ModelFileError
from inference.generator import T5Generator
from inference.loading import LoadedReplyModel, load_classifier, load_reply_model
from inference.registry import weights_dir

if TYPE_CHECKING:
    from pathlib import Path

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
    """Load the reply model, or None where it is not usable or cannot be fetched."""
    torch.set_num_threads(config.n_threads)
    on_progress("loading the reply model…")
    try:
        model = _load_reply_model(config, on_progress)
    except ModelFileError:
        logger.exception("the reply model is left out")
        return None
    return T5Generator(model, config.limits.n_slots)


def _load_reply_model(config: EngineConfig, on_progress: Progress) -> LoadedReplyModel:
    """Load a T5 of ours by its manifest, any other by what its config tells."""
    found = _find(config.reply_source, on_progress)
    device = pick_device(config.device)
    is_foreign = config.reply_model is not None and not found.is_ours
    if is_foreign and (found.folder / CONFIG).is_file():
        from inference.foreign import load_foreign  # noqa: PLC0415 (seldom needed)

        return load_foreign(found, config.reply_prompt, device)
    return load_reply_model(found.folder, device)


def _find(source: Path | str, on_progress: Progress) -> Checkpoint:
    if isinstance(source, str):
        from inference.hub import fetch  # noqa: PLC0415 (seldom needed)

        return fetch(source, on_progress)
    return Checkpoint(source, source.name)
