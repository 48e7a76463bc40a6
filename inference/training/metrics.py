"""Figures of a classifier on labelled texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_BINS = 15


def classification_figures(
    scores: Floats, truth: Ints, labels: Sequence[str]
) -> dict[str, Any]:
    """Return accuracy, macro F1, per class, confusion (rows are the truth) and ECE.

    `scores` is (N, C), each row a softmax; `truth` is (N,).
    """
    confusion = _confusion(scores.argmax(axis=1), truth, len(labels))
    per_class = {label: _class_figures(confusion, i) for i, label in enumerate(labels)}
    return {
        "n": len(truth),
        "accuracy": float(np.trace(confusion) / len(truth)),
        "macro_f1": float(np.mean([c["f1"] for c in per_class.values()])),
        "ece": calibration_error(scores, truth),
        "labels": list(labels),
        "per_class": per_class,
        "confusion": confusion.tolist(),
    }


def calibration_error(scores: Floats, truth: Ints, n_bins: int = N_BINS) -> float:
    """Return the expected calibration error over bins of equal mass.

    Source: https://arxiv.org/abs/1706.04599 (ECE), https://arxiv.org/abs/1904.01685
    (equal-mass bins).
    """
    top = scores.max(axis=1)
    hit = scores.argmax(axis=1) == truth
    bins = np.array_split(np.argsort(top, kind="stable"), n_bins)
    gaps = [len(b) * abs(top[b].mean() - hit[b].mean()) for b in bins if len(b)]
    return float(sum(gaps) / len(truth))


def _confusion(guess: Ints, truth: Ints, n_labels: int) -> Ints:
    confusion = np.zeros((n_labels, n_labels), dtype=np.int64)
    np.add.at(confusion, (truth, guess), 1)
    return confusion


def _class_figures(confusion: Ints, label: int) -> dict[str, float]:
    hits = float(confusion[label, label])
    guessed, present = float(confusion[:, label].sum()), float(confusion[label].sum())
    return {
        "precision": hits / guessed if guessed else 0.0,
        "recall": hits / present if present else 0.0,
        "f1": 2 * hits / (guessed + present) if guessed + present else 0.0,
        "n": present,
    }
