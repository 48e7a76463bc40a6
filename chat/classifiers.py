"""The classifiers that people may choose here and now."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from django.conf import settings

from chat.errors import UnknownClassifier
from inference.registry import available_classifiers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.registry import ClassifierSpec

MAX_CHOSEN = 5


@functools.cache
def offered() -> tuple[ClassifierSpec, ...]:
    """Those that are trained and, where EMOCHAT_CLASSIFIERS is set, named there."""
    wanted = settings.EMOCHAT_CLASSIFIERS
    return tuple(
        spec for spec in available_classifiers() if not wanted or spec.name in wanted
    )


def default() -> list[str]:
    """The choice of a new conversation: the first that is offered."""
    return [spec.name for spec in offered()[:1]]


def check_choice(names: Sequence[str]) -> list[str]:
    """Return the names, each once, in order; raise UnknownClassifier for any other."""
    known = {spec.name for spec in offered()}
    chosen = list(dict.fromkeys(names))
    if not 1 <= len(chosen) <= MAX_CHOSEN or not known.issuperset(chosen):
        raise UnknownClassifier
    return chosen
