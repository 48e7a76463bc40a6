"""The classifiers that people may choose here and now."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from chat.errors import UnknownClassifier
from inference.registry import CLASSIFIERS, EMOTION, available_classifiers
from inference.reports import manifests, measured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat.people import User
    from inference.registry import ClassifierSpec

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
            f1=metrics["sets"]["emotion"]["macro_f1"],
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
        "labels": spec.labels,
        "sure_from": sure_from().get(spec.name, 0.0),
        "f1": found and found.f1,
        "speed": found and found.messages_a_second,
        "size": found and found.n_bytes,
    }


def default(user: User | None = None) -> list[str]:
    """The choice of a new conversation: the person's own, else the first offered."""
    names = [spec.name for spec in offered()]
    own = [name for name in user.default_classifiers if name in names] if user else []
    return own or names[:1]


def check_task(name: str, task: str | None) -> None:
    """Raise UnknownClassifier where a task is named that is not this classifier's."""
    spec = CLASSIFIERS.get(name)
    if task and (spec is None or spec.task != task):
        raise UnknownClassifier(f"No classifier of the task {task} has this name.")


def check_choice(names: Sequence[str]) -> list[str]:
    """Return the names, each once, in order; raise UnknownClassifier for any other."""
    known = {spec.name for spec in offered()}
    chosen = list(dict.fromkeys(names))
    if not 1 <= len(chosen) <= MAX_CHOSEN or not known.issuperset(chosen):
        raise UnknownClassifier
    return chosen
