"""The classifiers emochat knows, and where the weights of each model lie.

Settings, forms, the live protocol and the documentation read this one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

WEIGHTS_ROOT = Path(__file__).resolve().parent / "weights"
MANIFEST_NAME = "manifest.json"

EMOTION_LABELS = ("anger", "fear", "joy", "love", "sadness", "surprise")


@dataclass(frozen=True, slots=True)
class ClassifierSpec:
    """One classifier a person can choose: its name on the wire, its title, its labels."""

    name: str
    title: str
    task: str
    labels: tuple[str, ...]


def _emotion(name: str, title: str) -> ClassifierSpec:
    return ClassifierSpec(name, title, "emotion", EMOTION_LABELS)


CLASSIFIERS: dict[str, ClassifierSpec] = {
    spec.name: spec
    for spec in (
        _emotion("bert", "BERT"),
        _emotion("distilbert", "DistilBERT"),
        _emotion("roberta", "RoBERTa"),
        _emotion("electra", "ELECTRA"),
        _emotion("mobilebert", "MobileBERT"),
    )
}
REPLY_MODEL = "reply"


def weights_dir(name: str, root: Path = WEIGHTS_ROOT) -> Path:
    return root / name


def is_trained(name: str, root: Path = WEIGHTS_ROOT) -> bool:
    """Tell whether the model's folder holds a manifest, written last by `save`."""
    return (weights_dir(name, root) / MANIFEST_NAME).is_file()


def available_classifiers(root: Path = WEIGHTS_ROOT) -> tuple[ClassifierSpec, ...]:
    """Return the classifiers whose weights are there, in the table's order."""
    return tuple(spec for spec in CLASSIFIERS.values() if is_trained(spec.name, root))
