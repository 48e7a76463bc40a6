"""Make scores honest: one temperature a model, and the score below which we say so.

Both are chosen on validation texts alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from inference.loading import load_classifier
from inference.training.metrics import Floats, Ints, calibration_error
from inference.training.saving import update_manifest
from inference.training.scoring import all_logits, softmax, truth_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inference.loading import LoadedClassifier
    from inference.training.data import LabelledText
    from inference.training.trainee import Texts

TEMPERATURES = np.round(np.geomspace(0.5, 4.0, 85), 3)
ALLOWED_ERROR = 0.025

Judged = dict[str, tuple[Floats, Ints]]


def calibrate(folder: Path, texts: Texts) -> dict[str, Any]:
    """Measure the model as shipped, write its calibration into its manifest, return it.

    That is `temperature`, `sure_from`, and calibration errors before and after.
    """
    found = load_classifier(folder)
    kinds = {
        name: (_logits(found, rows), truth_of(rows, texts.labels))
        for name, rows in texts.validation.items()
    }
    neutral = _logits(found, texts.neutral) if texts.neutral else None
    values = calibration(kinds, neutral)
    update_manifest(folder, values)
    return values


def calibration(kinds: Judged, neutral: Floats | None) -> dict[str, Any]:
    """Return what `calibrate` promises, from (N, C) logits and (N,) truth by kind."""
    temperature = best_temperature(kinds)
    return {
        "temperature": temperature,
        "sure_from": sure_from(kinds, neutral, temperature),
        "calibration": {
            name: {
                "before": round(calibration_error(softmax(logits), truth), 4),
                "after": round(
                    calibration_error(softmax(logits, temperature), truth), 4
                ),
            }
            for name, (logits, truth) in kinds.items()
        },
    }


def _logits(found: LoadedClassifier, rows: Sequence[LabelledText]) -> Floats:
    texts = [row.text for row in rows]
    return all_logits(found.model, found.tokenizer, texts, found.windows)


def sure_from(kinds: Judged, neutral: Floats | None, temperature: float) -> float:
    """Return the score from which on a guess is right at least every second time.

    Judged on bands of 0.1, over all kinds but the first (which chat does not look like)
    where there are more; a neutral text is one on which every guess is wrong.
    """
    judged = list(kinds.values())[1:] or list(kinds.values())
    tops, hits = [], []
    for logits, truth in judged:
        scores = softmax(logits, temperature)
        tops.append(scores.max(axis=1))
        hits.append(scores.argmax(axis=1) == truth)
    if neutral is not None:
        tops.append(softmax(neutral, temperature).max(axis=1))
        hits.append(np.zeros(len(neutral), dtype=bool))
    top, hit = np.concatenate(tops), np.concatenate(hits)
    threshold = 0.95
    for step in range(18, 3, -1):
        band = (top >= step / 20) & (top < step / 20 + 0.1)
        if band.any() and hit[band].mean() < 0.5:
            break
        threshold = step / 20 if band.any() else threshold
    return threshold


def best_temperature(kinds: Judged) -> float:
    """Return the temperature of the least likely surprise, each kind of text weighing alike.

    It is the one with the lowest mean negative log-likelihood among those that keep the
    calibration error of the first kind within `ALLOWED_ERROR`, or else as low as can be.
    Source: https://arxiv.org/abs/1706.04599, section 4.2.
    """
    first = next(iter(kinds.values()))
    errors = {
        t: calibration_error(softmax(first[0], t), first[1]) for t in TEMPERATURES
    }
    bound = max(ALLOWED_ERROR, min(errors.values()))
    allowed = [t for t in TEMPERATURES if errors[t] <= bound]
    return float(min(allowed, key=lambda t: _surprise(kinds, t)))


def _surprise(kinds: Judged, temperature: float) -> float:
    """Return the mean over the kinds of the mean negative log-likelihood, in nats."""
    means = []
    for logits, truth in kinds.values():
        scores = softmax(logits, temperature)[np.arange(len(truth)), truth]
        means.append(-np.log(np.maximum(scores, 1e-12)).mean())
    return float(np.mean(means))
