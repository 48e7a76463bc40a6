"""Who may have which reading explained, and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from chat import classifiers as choice
from chat.errors import BadRequest, UnknownClassifier
from chat.services.messages import owned_message
from chat.services.quota import take_explanation
from chat.sessions import authenticate
from inference.registry import CLASSIFIERS, EMOTION

if TYPE_CHECKING:
    from uuid import UUID

    from chat.models import User
    from inference.types import Method

SAMPLES_AN_EXPLANATION = 1_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What speaks for `label` in `text`, as `classifier` reads it; None: for its guess.

    A `method` or `n_samples` of None is the engine's own choice, a `task` of None the
    classifier's.
    """

    classifier: str
    label: str | None = None
    method: Method | None = None
    n_samples: int | None = None
    seed: int = 0
    task: str | None = EMOTION


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish that was granted: whose, and about which text."""

    user: int
    text: str
    wanted: Wanted


def check_wanted(wanted: Wanted) -> None:
    """Raise UnknownClassifier, and BadRequest for a label that it does not know."""
    spec = CLASSIFIERS.get(wanted.classifier)
    if spec is None:
        raise UnknownClassifier
    choice.check_choice([spec.name], wanted.task or spec.task)
    labels = spec.labels
    if wanted.label is not None and wanted.label not in labels:
        raise BadRequest(f"label: one of {', '.join(labels)}, please.")


@transaction.atomic
def ask_about_message(
    *, session_key: str | None, message_id: UUID, wanted: Wanted
) -> Asked:
    """Count an explanation of the person's own message.

    Raises Unauthenticated, NotFound, UnknownClassifier, BadRequest, RateLimited.
    """
    user = authenticate(session_key)
    message = owned_message(user, message_id)
    return _granted(user, message.text, wanted)


@transaction.atomic
def ask_about_text(*, session_key: str | None, text: str, wanted: Wanted) -> Asked:
    """Count an explanation of any text; raises as `ask_about_message`, but NotFound."""
    return _granted(authenticate(session_key), text, wanted)


@transaction.atomic
def ask_as_staff(*, staff: User, text: str, wanted: Wanted) -> Asked:
    """Count an explanation of what staff read; the caller has recorded the reading."""
    return _granted(staff, text, wanted)


def _granted(user: User, text: str, wanted: Wanted) -> Asked:
    check_wanted(wanted)
    take_explanation(user, math.ceil((wanted.n_samples or 1) / SAMPLES_AN_EXPLANATION))
    return Asked(user.pk, text, wanted)
