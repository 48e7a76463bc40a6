"""The classifiers that people may choose here and now."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from chat.errors import UnknownClassifier
from inference.errors import ModelFileError
from inference.registry import CLASSIFIERS, EMOTION, TASKS, available_classifiers
from inference.reports import manifests, measured
from inference.windows import rule_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat.people import User
    from inference.registry import ClassifierSpec
    from inference.windows import WindowRule

MAX_CHOSEN = 5


@functools.cache
def served() -> tuple[ClassifierSpec, ...]:
    """Those of every task that are trained and, where EMOCHAT_CLASSIFIERS is set, named."""
    wanted = settings.EMOCHAT_CLASSIFIERS
    return tuple(
        spec for spec in available_classifiers() if not wanted or spec.name in wanted
    )


def offered() -> tuple[ClassifierSpec, ...]:
    """Those that a conversation may choose: they read emotions."""
    return tuple(spec for spec in served() if spec.task == EMOTION)


@functools.cache
def sure_from() -> dict[str, float]:
    """The score below which a classifier's guess is "not sure": 0 for those of old."""
    found = manifests()
    return {name: float(found[name].get("sure_from", 0)) for name in found}


@functools.cache
def window_rules() -> dict[str, WindowRule]:
    """How those that read long texts in windows cut them."""
    found = {}
    for name, manifest in manifests().items():
        with contextlib.suppress(ModelFileError):  # the engine leaves such a one out
            if rule := rule_in(name, manifest):
                found[name] = rule
    return found


@dataclass(frozen=True, slots=True)
class Measured:
    """What the picker says of a classifier; the speed is that of one core."""

    f1: float
    messages_a_second: float
    n_bytes: int

    @property
    def megabytes(self) -> float:
        return self.n_bytes / 1e6


@functools.cache
def figures() -> dict[str, Measured]:
    """What was measured of the classifiers; those that were not are left out."""
    return {
        name: Measured(
            f1=next(iter(metrics["sets"].values()))["macro_f1"],
            messages_a_second=metrics["speed"]["batch_1"],
            n_bytes=metrics["bytes"],
        )
        for name, metrics in measured().items()
    }


def described(spec: ClassifierSpec) -> dict[str, Any]:
    """What an app is told: who it is, when it is sure, and what was measured of it.

    `f1`, `speed` (messages a second on one core) and `size` (bytes) are null where
    nothing was.
    """
    found = figures().get(spec.name)
    return {
        "name": spec.name,
        "title": spec.title,
        "task": spec.task,
        "framework": spec.framework,
        "labels": spec.labels,
        "sure_from": sure_from().get(spec.name, 0.0),
        "f1": found and found.f1,
        "speed": found and found.messages_a_second,
        "size": found and found.n_bytes,
    }


def for_task(task: str) -> tuple[ClassifierSpec, ...]:
    """Those that may read texts for a task; for emotions, those of the chat."""
    if task == EMOTION:
        return offered()
    return tuple(spec for spec in served() if spec.task == task)


def listed() -> tuple[ClassifierSpec, ...]:
    """Those of every task, the chat's first."""
    return tuple(spec for task in TASKS for spec in for_task(task))


def default(user: User | None = None, task: str = EMOTION) -> list[str]:
    """The choice of a new conversation: the person's own, else the first offered."""
    names = [spec.name for spec in for_task(task)]
    own = [name for name in user.default_classifiers if name in names] if user else []
    return own or names[:1]


def check_choice(names: Sequence[str], task: str = EMOTION) -> list[str]:
    """Return the names, each once, in order; raise UnknownClassifier for any other."""
    known = [spec.name for spec in for_task(task)]
    chosen = list(dict.fromkeys(names))
    for name in chosen:
        if name in CLASSIFIERS and CLASSIFIERS[name].task != task:
            theirs = ", ".join(known) or "none yet"
            raise UnknownClassifier(
                f"{name} is no classifier of the task {task}; those are: {theirs}."
            )
    if not 1 <= len(chosen) <= MAX_CHOSEN or not {*known}.issuperset(chosen):
        raise UnknownClassifier
    return chosen
