"""What several trained classifiers make of the training texts: softer labels than one's own.

Labels of tweets and of openings are often wrong or one of two that fit; the mean of models
that differ knows better. Each tutor reads the texts once, as they stand, with its own
tokenizer. Source: https://arxiv.org/abs/1503.02531, section 3.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import torch
from tqdm import tqdm

from inference.errors import ModelFileError
from inference.loading import LoadedClassifier, load_classifier
from inference.model_files import read_manifest
from inference.training.data import DataError
from inference.training.scoring import all_logits, softmax

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inference.training.metrics import Floats

PART = 2_048


def tutors_scores(
    folders: Sequence[Path], texts: Sequence[str], labels: Sequence[str], work: Path
) -> torch.Tensor:
    """Return the tutors' mean scores (N, C); kept in `work`, so that they are asked once.

    Raises DataError where a tutor cannot be read or knows other labels.
    """
    unique = list(dict.fromkeys(texts))
    found = np.mean(
        [_scores(folder, unique, labels, work) for folder in folders], axis=0
    )
    place = {text: i for i, text in enumerate(unique)}
    return torch.tensor(found[[place[text] for text in texts]], dtype=torch.float32)


def _scores(
    folder: Path, texts: Sequence[str], labels: Sequence[str], work: Path
) -> Floats:
    tutor = load_trained(folder, labels)
    name = hashlib.sha256("\0".join([tutor.version, *texts]).encode()).hexdigest()[:16]
    cache = work / f"tutor-{name}.npy"
    if cache.is_file():
        return np.asarray(np.load(cache, allow_pickle=False))
    parts = range(0, len(texts), PART)
    logits = [
        all_logits(
            tutor.model, tutor.tokenizer, texts[start : start + PART], tutor.windows
        )
        for start in tqdm(parts, desc=f"asking {folder.name}", unit="part")
    ]
    scores = softmax(np.concatenate(logits), tutor.temperature)
    work.mkdir(parents=True, exist_ok=True)
    np.save(cache, scores)
    return scores


def load_trained(folder: Path, labels: Sequence[str]) -> LoadedClassifier:
    """Load a classifier that was trained here; raises DataError if it is not for these."""
    try:
        found = load_classifier(folder)
    except ModelFileError as error:
        raise DataError(f"{folder}: {error}") from error
    if found.labels != tuple(labels):
        raise DataError(f"{folder}: it reads other labels than these.")
    return found


def versions(folders: Sequence[Path]) -> list[str]:
    return [read_manifest(folder)["version"] for folder in folders]
