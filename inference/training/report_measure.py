"""Measure one shipped classifier for the report: what it gets right, and how surely."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from inference.loading import load_classifier
from inference.model_files import read_manifest
from inference.registry import CLASSIFIERS, MANIFEST_NAME
from inference.reports import FORMAT
from inference.training.curves import coverage_curve, reliability_bins, share_below
from inference.training.data import find_split, read_labelled, read_neutral
from inference.training.metrics import calibration_error, classification_figures
from inference.training.scoring import all_logits, softmax, truth_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from inference.loading import LoadedClassifier
    from inference.training.data import LabelledText

MAIN = "emotion"  # the set that is compared with the paper's
ALSO = {
    MAIN: ("dialogue/empathetic_dialogues", "goemotions")
}  # of a task, beside its own
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Material:
    """Labelled texts of each kind, the main kind first, and texts without an emotion."""

    sets: Mapping[str, Sequence[LabelledText]]
    neutral: Sequence[LabelledText]


def read_material(
    data: Path, chat: Path | None, labels: Sequence[str], task: str = MAIN
) -> Material:
    """Read the sets that lie in the folder; the task's own must. Raises DataError."""
    sets = {task: read_labelled(find_split(data / task, "test"), labels)}
    if chat and task == MAIN:
        sets["chat"] = read_labelled(chat, labels)
    for name in ALSO.get(task, ()):
        folder = data / name
        if folder.is_dir():
            sets[folder.name] = read_labelled(find_split(folder, "val"), labels)
    neutral = read_neutral(data / "goemotions", "val") if task == MAIN else []
    return Material(sets, neutral)


def measure(folder: Path, material: Material) -> Figures:
    """Return all figures of the classifier in the folder but its speed.

    Raises ModelFileError where the folder is not as its manifest says.
    """
    loaded = load_classifier(folder)
    manifest = read_manifest(folder)
    sure_from = float(manifest.get("sure_from", 0.0))
    sets, took_s = {}, {}
    for name, rows in material.sets.items():
        sets[name], took_s[name] = _measure_set(loaded, rows, sure_from)
    return {
        "format": FORMAT,
        **_identity(loaded, manifest, folder),
        "temperature": loaded.temperature,
        "sure_from": sure_from,
        "calibration": manifest.get("calibration", {}),
        "sets": sets,
        "neutral": _neutral(loaded, material, sure_from),
        "evaluation_s": next(iter(took_s.values())),
        "training": manifest.get("training", {}),
    }


def _identity(loaded: LoadedClassifier, manifest: Figures, folder: Path) -> Figures:
    model, name = loaded.model, manifest.get("name", folder.name)
    files = [*manifest["files"], MANIFEST_NAME]
    return {
        "name": name,
        "title": CLASSIFIERS[name].title if name in CLASSIFIERS else name,
        "task": manifest.get("task", MAIN),
        "version": loaded.version,
        "architecture": type(model).__name__,
        "labels": list(loaded.labels),
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "layers": model.config.num_hidden_layers,
        "width": model.config.hidden_size,
        "vocabulary": loaded.tokenizer.get_vocab_size(),
        "max_tokens": loaded.max_tokens,
        **({"windows": asdict(loaded.windows)} if loaded.windows else {}),
        "bytes": sum((folder / file).stat().st_size for file in files),
    }


def _measure_set(
    loaded: LoadedClassifier, rows: Sequence[LabelledText], sure_from: float
) -> tuple[Figures, float]:
    """Return the set's figures, and the seconds of CPU time that scoring it took."""
    started = time.process_time()
    texts = [row.text for row in rows]
    logits = all_logits(loaded.model, loaded.tokenizer, texts, loaded.windows)
    took_s = round(time.process_time() - started, 2)
    truth = truth_of(rows, loaded.labels)
    scores = softmax(logits, loaded.temperature)
    figures = {
        **rounded(classification_figures(scores, truth, loaded.labels)),
        "ece_before": round(calibration_error(softmax(logits), truth), 4),
        "thresholds": coverage_curve(scores, truth),
        "reliability": reliability_bins(scores, truth),
        "not_sure": share_below(scores, sure_from),
    }
    return figures, took_s


def _neutral(
    loaded: LoadedClassifier, material: Material, sure_from: float
) -> Figures | None:
    """Tell how many texts without an emotion the page says "not sure" of."""
    if not material.neutral:
        return None
    texts = [row.text for row in material.neutral]
    logits = all_logits(loaded.model, loaded.tokenizer, texts, loaded.windows)
    scores = softmax(logits, loaded.temperature)
    return {"n": len(texts), "not_sure": share_below(scores, sure_from)}


def rounded(figures: Any) -> Any:
    """Return the same with every float to four places, so that files compare well."""
    if isinstance(figures, float):
        return round(figures, 4)
    if isinstance(figures, dict):
        return {key: rounded(value) for key, value in figures.items()}
    return [rounded(v) for v in figures] if isinstance(figures, list) else figures
