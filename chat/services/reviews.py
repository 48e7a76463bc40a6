"""The review queue: what is next for a reviewer, and what they say about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from chat.errors import BadRequest, NotFound
from chat.models import Candidate, Classification, Message, Review
from inference.registry import EMOTION_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from chat.models import User

N_REVIEWERS = 2  # so many say something about a message before it leaves the queue
RARE = 0.5  # what a class nobody has labelled yet adds to what a label teaches
Verdict = Review.Verdict


def next_candidate(*, reviewer: User, skipped: Iterable[int] = ()) -> Candidate | None:
    """Return what would teach most, that this reviewer has not labelled; two queries.

    Rare classes are preferred by `RARE * (1 - share among the labels so far)`.
    """
    rarity = _rarity()
    waiting = _waiting(reviewer).exclude(pk__in=list(skipped))
    tops = [waiting.filter(label=label).order_by("-teaches")[:1] for label in rarity]
    found = tops[0].union(*tops[1:], all=True)
    return max(found, key=lambda one: one.teaches + rarity[one.label], default=None)


def n_waiting(reviewer: User, limit: int = 1_000) -> int:
    """Return how many messages wait for this reviewer, counted up to `limit`."""
    return _waiting(reviewer)[:limit].count()


def _waiting(reviewer: User) -> QuerySet[Candidate]:
    said = Review.objects.filter(message=OuterRef("pk"))
    others = said.values("message").annotate(n=Count("pk")).filter(n__gte=N_REVIEWERS)
    return Candidate.objects.filter(
        ~Exists(said.filter(reviewer=reviewer)),
        ~Exists(others),
        message__user__has_training_consent=True,
        message__user__is_active=True,
        message__conversation__deleted_at=None,
    )


def _rarity() -> dict[str, float]:
    counted = Review.objects.exclude(label="").values_list("label")
    n_of = dict(counted.annotate(n=Count("pk")).order_by())
    n_all = sum(n_of.values())
    return {
        label: RARE * (1 - n_of.get(label, 0) / n_all if n_all else 1)
        for label in EMOTION_LABELS
    }


@transaction.atomic
def review_message(
    *, reviewer: User, message_key: int, verdict: str = "", label: str = ""
) -> Review:
    """Keep what the reviewer says; said again, it replaces what they said before.

    With a label the verdict follows: accept where the first classifier read the same,
    else fix. Raises NotFound for what is not in the queue, BadRequest.
    """
    message = _reviewable(message_key)
    if label:
        if label not in EMOTION_LABELS or verdict:
            raise BadRequest
        verdict = Verdict.ACCEPT if label == _read_label(message) else Verdict.FIX
    elif verdict not in (Verdict.REJECT, Verdict.UNSURE):
        raise BadRequest
    values = {"verdict": verdict, "label": label}
    return Review.objects.update_or_create(
        message=message, reviewer=reviewer, defaults=values
    )[0]


def _reviewable(message_key: int) -> Message:
    """Only candidates, locked: consent may be withdrawn at the same moment."""
    waiting = Candidate.objects.select_for_update().filter(
        message__user__has_training_consent=True,
        message__conversation__deleted_at=None,
    )
    candidate = waiting.select_related("message").filter(pk=message_key).first()
    if candidate is None:
        raise NotFound
    return candidate.message


def _read_label(message: Message) -> str:
    read = Classification.objects.filter(message=message)
    first = read.filter(classifier__in=message.classifiers[:1])
    return first.values_list("label", flat=True).first() or ""
