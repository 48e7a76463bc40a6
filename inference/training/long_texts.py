"""What reading long texts in windows is worth, beside simpler ways with the same model."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from inference.training.metrics import Floats, classification_figures
from inference.training.scoring import softmax, truth_of, window_logits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.loading import LoadedClassifier
    from inference.training.data import LabelledText
    from inference.windows import WindowRule

WAYS = ("mean_of_logits", "mean_of_scores", "first_window")
SHOWN = ("accuracy", "macro_f1", "ece")


def evaluate_long(
    loaded: LoadedClassifier, rows: Sequence[LabelledText], rule: WindowRule
) -> dict[str, Any]:
    """Return the figures of the texts in windows, and under `windows` those of each way.

    The first is how the engine reads: the mean of the windows' logits. The second is the
    mean of their scores, the last what cutting the text behind its first window gives.
    """
    words = [row.text for row in rows]
    found = window_logits(loaded.model, loaded.tokenizer, words, rule)
    truth = truth_of(rows, loaded.labels)
    of_way = {
        way: classification_figures(scores, truth, loaded.labels)
        for way, scores in _scores(found, loaded.temperature).items()
    }
    compared = {
        way: {key: of_way[way][key] for key in SHOWN} for way in WAYS
    }  # fmt: skip
    a_text = float(np.mean([len(logits) for logits in found]))
    return of_way[WAYS[0]] | {
        "windows": {**asdict(rule), "a_text": round(a_text, 2), **compared}
    }


def _scores(found: Sequence[Floats], temperature: float) -> dict[str, Floats]:
    means = np.stack([logits.mean(axis=0) for logits in found])
    each = [softmax(logits, temperature).mean(axis=0) for logits in found]
    first = np.stack([logits[0] for logits in found])
    return {
        "mean_of_logits": softmax(means, temperature),
        "mean_of_scores": np.stack(each),
        "first_window": softmax(first, temperature),
    }
