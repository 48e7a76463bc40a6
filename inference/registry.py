"""The tasks emochat knows, their classifiers, and where the weights of each model lie.

Settings, forms, the live protocol and the documentation read these two tables. A task
more is a row in each of them and a trained folder: see CONTRIBUTING.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

WEIGHTS_ROOT = Path(__file__).resolve().parent / "weights"
MANIFEST_NAME = "manifest.json"

EMOTION_LABELS = ("anger", "fear", "joy", "love", "sadness", "surprise")
NEWS_LABELS = ("business", "entertainment", "politics", "sport", "tech")
EMOTION, NEWS = "emotion", "news"

Framework = Literal["pytorch", "tensorflow"]
FRAMEWORKS: dict[Framework, str] = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}


@dataclass(frozen=True, slots=True)
class Task:
    """What a text is read for: the task's name on the wire, its title, its labels.

    A text has at most `max_text` code points.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    max_text: int = 4_000


@dataclass(frozen=True, slots=True)
class ClassifierSpec:
    """One classifier a person can choose: its name on the wire, its title, its task.

    `family` is the kind of its architecture, its `model_type` in transformers. What
    `framework` runs it decides which host process may load it: never two in one.
    """

    name: str
    title: str
    task: str
    family: str
    framework: Framework = "pytorch"

    @property
    def labels(self) -> tuple[str, ...]:
        return TASKS[self.task].labels


TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        Task(EMOTION, "Emotion", EMOTION_LABELS),
        Task(NEWS, "News topic", NEWS_LABELS, max_text=32_000),
    )
}
CLASSIFIERS: dict[str, ClassifierSpec] = {
    spec.name: spec
    for spec in (
        ClassifierSpec("bert", "BERT", EMOTION, "bert"),
        ClassifierSpec("distilbert", "DistilBERT", EMOTION, "distilbert"),
        ClassifierSpec("roberta", "RoBERTa", EMOTION, "roberta"),
        ClassifierSpec("electra", "ELECTRA", EMOTION, "electra"),
        ClassifierSpec("mobilebert", "MobileBERT", EMOTION, "mobilebert"),
        ClassifierSpec("bert-news", "BERT (news)", NEWS, "bert"),
        ClassifierSpec(
            "bert-news-tf", "BERT (news, TensorFlow)", NEWS, "bert", "tensorflow"
        ),
    )
}
REPLY_MODEL = "reply"


def weights_dir(name: str, root: Path = WEIGHTS_ROOT) -> Path:
    return root / name


def is_trained(name: str, root: Path = WEIGHTS_ROOT) -> bool:
    """Tell whether the model's folder holds a manifest, written last by `save`."""
    return (weights_dir(name, root) / MANIFEST_NAME).is_file()


def of_task(task: str, framework: Framework | None = None) -> tuple[str, ...]:
    """Return the names of the task's classifiers, trained or not, in the table's order."""
    return tuple(
        spec.name
        for spec in CLASSIFIERS.values()
        if spec.task == task and framework in (None, spec.framework)
    )


def runs_in(framework: Framework, name: str) -> bool:
    """Tell whether that framework's host may load the model; PyTorch's an unknown one.

    So a name that nobody knows is still refused where its folder is looked for.
    """
    spec = CLASSIFIERS.get(name)
    return (spec.framework if spec else "pytorch") == framework


def available_classifiers(root: Path = WEIGHTS_ROOT) -> tuple[ClassifierSpec, ...]:
    """Return the classifiers whose weights are there, in the table's order."""
    return tuple(spec for spec in CLASSIFIERS.values() if is_trained(spec.name, root))
