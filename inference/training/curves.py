"""Figures of scores by how high they are: thresholds, and bins of a reliability curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from inference.training.metrics import N_BINS

if TYPE_CHECKING:
    from inference.training.metrics import Floats, Ints

THRESHOLDS = tuple(step / 20 for step in range(20))
MIN_PER_BIN = 20


def coverage_curve(scores: Floats, truth: Ints) -> list[dict[str, Any]]:
    """Return, by threshold, the share of texts scored that high and how many are right.

    `accuracy` is None where no text is left.
    """
    top, hit = tops_and_hits(scores, truth)
    rows = []
    for threshold in THRESHOLDS:
        kept = top >= threshold
        accuracy = round(float(hit[kept].mean()), 4) if kept.any() else None
        coverage = round(float(kept.mean()), 4)
        rows.append(
            {"threshold": threshold, "coverage": coverage, "accuracy": accuracy}
        )
    return rows


def reliability_bins(scores: Floats, truth: Ints) -> list[dict[str, Any]]:
    """Return mean score and accuracy of bins of equal mass, the lowest scores first.

    They are the bins of `calibration_error`, but fewer where there are few texts.
    """
    top, hit = tops_and_hits(scores, truth)
    n_bins = max(1, min(N_BINS, len(top) // MIN_PER_BIN))
    order = np.argsort(top, kind="stable")
    return [
        {
            "n": len(part),
            "score": round(float(top[part].mean()), 4),
            "accuracy": round(float(hit[part].mean()), 4),
        }
        for part in np.array_split(order, n_bins)
    ]


def share_below(scores: Floats, threshold: float) -> float:
    """Return the share of texts that the page calls "not sure"."""
    return round(float((scores.max(axis=1) < threshold).mean()), 4)


def tops_and_hits(scores: Floats, truth: Ints) -> tuple[Floats, Floats]:
    """Return (N,) top scores and (N,) whether each is of the right label, as 0 or 1."""
    hits: Floats = (scores.argmax(axis=1) == truth).astype(np.float64)
    return scores.max(axis=1), hits
