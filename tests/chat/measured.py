"""What `manage.py report` would have written of models, made by hand."""

from __future__ import annotations

from typing import Any

from inference.registry import CLASSIFIERS, EMOTION_LABELS
from inference.training.paper import OF_ALL, OF_EACH

Figures = dict[str, Any]


def a_set(accuracy: float, n: int = 60) -> Figures:
    own = {"precision": 0.9, "recall": 0.8, "f1": accuracy, "n": n / 6}
    confusion = [[9 if y == x else int(x == 0) for x in range(6)] for y in range(6)]
    return {
        "n": n,
        "accuracy": accuracy,
        "macro_f1": accuracy,
        "ece": 0.021,
        "ece_before": 0.034,
        "labels": list(EMOTION_LABELS),
        "per_class": dict.fromkeys(EMOTION_LABELS, own),
        "confusion": confusion,
        "thresholds": [
            {"threshold": 0.0, "coverage": 1.0, "accuracy": accuracy},
            {"threshold": 0.5, "coverage": 0.4, "accuracy": 0.99},
            {"threshold": 0.95, "coverage": 0.0, "accuracy": None},
        ],
        "reliability": [
            {"n": 30, "score": 0.4, "accuracy": 0.35},
            {"n": 30, "score": 0.9, "accuracy": 0.95},
        ],
        "not_sure": 0.125,
    }


def metrics(name: str, f1: float, n_bytes: int = 31_300_000, **more: Any) -> Figures:
    return {
        "format": 1,
        "name": name,
        "title": CLASSIFIERS[name].title,
        "version": f"v-{name}",
        "layers": 6,
        "width": 384,
        "vocabulary": 11_863,
        "max_tokens": 256,
        "parameters": 15_500_000,
        "bytes": n_bytes,
        "temperature": 1.2,
        "sure_from": 0.45,
        "calibration": {"emotion": {"before": 0.034, "after": 0.021}},
        "sets": {"emotion": a_set(f1), "chat": a_set(0.665)},
        "neutral": {"n": 1591, "not_sure": 0.31},
        "evaluation_s": 9.0,
        "training": {"n_texts": 38_117, "taught_by": "bert"},
        "speed": {"batch_1": 92.9, "batch_32": 101.0},
    } | more


def row(found: Figures) -> Figures:
    main = found["sets"]["emotion"]
    return {
        "title": found["title"],
        "version": found["version"],
        "accuracy": main["accuracy"],
        "macro_f1": main["macro_f1"],
        "ece": main["ece"],
        "chat_accuracy": found["sets"]["chat"]["accuracy"],
        "speed": found["speed"],
        "parameters": found["parameters"],
        "bytes": found["bytes"],
    }


def compared(*found: Figures, narrow: Figures | None = None) -> Figures:
    return {
        "models": {one["name"]: row(one) for one in found},
        "narrow": narrow,
        "paper": {"all": OF_ALL, "each": OF_EACH},
    }
