"""Reviewed labels as data sets: `var/reviews/VERSION/`, read by `manage.py train`.

A set is a folder: `labels.jsonl` (one message a line), `manifest.json` (its hash, and
every hash it had before) and `DATASHEET.md`. It holds messages of people who consent,
and when one of them leaves or takes that back, every set is written anew without them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from chat.errors import BadRequest, NotFound
from chat.models import Message, Review
from chat.reviewed_files import LINES, NAMES, SetFiles
from chat.services.access import clean_reason, record_access

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from chat.models import User

LOCK = 7_305_819_240_511  # any number that no other advisory lock of ours has
Verdict = Review.Verdict
JUDGED = (Verdict.ACCEPT, Verdict.FIX, Verdict.REJECT)


class NothingReviewed(BadRequest):
    message = "No message of a person who consented has a label that reviewers share."


def all_sets() -> list[SetFiles]:
    """Every set there is, the latest first."""
    folders = [one for one in _root().glob("*") if one.name.isdecimal()]
    return [SetFiles(one) for one in sorted(folders, key=lambda f: -int(f.name))]


def export_set(*, staff: User, reason: str) -> SetFiles:
    """Write the next version; the reading of each conversation is recorded before.

    Raises ReasonNeeded, NothingReviewed.
    """
    reason = clean_reason(reason)
    conversations = set(_agreed().values_list("conversation", flat=True))
    if not conversations:
        raise NothingReviewed
    record_access(
        staff=staff, conversations=conversations, reason=f"Export of labels: {reason}"
    )
    return _write(conversations, reason)


def read_file(*, staff: User, version: int, name: str) -> bytes:
    """Return a file of a set; reading its texts is recorded first. Raises NotFound."""
    found = next((one for one in all_sets() if one.version == version), None)
    if found is None or name not in NAMES:
        raise NotFound
    if name == LINES:
        there = Message.objects.filter(key__in=found.keys())
        record_access(
            staff=staff,
            conversations=set(there.values_list("conversation", flat=True)),
            reason=f"Download of reviewed labels, version {version}",
        )
    return found.read(name)


@transaction.atomic
def forget_person(*, user: User) -> int:
    """Take the person's lines out of every set; returns how many sets had some.

    Call it in the transaction that deletes the person, before their rows go: the lock
    it takes is held until the commit, so that no export runs between the two. Safe to
    call again.
    """
    _lock()
    why = "a person left or took their consent back"
    return sum(one.without(one.keys_of(user.pk), why=why) for one in all_sets())


@transaction.atomic
def forget_conversations(conversations: Iterable[UUID]) -> int:
    """Take the lines of deleted conversations out, before their rows go."""
    gone = Message.objects.filter(conversation__in=conversations)
    if not gone.exists() or not all_sets():
        return 0
    _lock()
    keys = set(gone.values_list("key", flat=True))
    why = "a person deleted a conversation"
    return sum(one.without(keys, why=why) for one in all_sets())


@transaction.atomic
def _write(conversations: Iterable[UUID], reason: str) -> SetFiles:
    # Files inside a transaction, which we avoid elsewhere: its lock is what keeps a
    # person who leaves at this moment out of the new set.
    _lock()
    rows = _agreed().filter(conversation__in=conversations)
    lines = list(_lines(rows))
    people = dict(rows.values_list("key", "user"))
    version = max((one.version for one in all_sets()), default=0) + 1
    found = SetFiles(_root() / str(version))
    found.create(
        lines, people, reason=reason, excluded=_excluded(rows), at=timezone.now()
    )
    return found


def _agreed() -> QuerySet[Message]:
    """Messages with a label that nobody who judged them doubts, of people who consent."""
    judged = Review.objects.filter(message=OuterRef("pk"), verdict__in=JUDGED)
    labelled = judged.exclude(label="")
    first = labelled.order_by("pk").values("label")[:1]
    return (
        _consented()
        .annotate(agreed=first)
        .filter(Exists(labelled), ~Exists(judged.exclude(label=OuterRef("agreed"))))
    )


def _consented() -> QuerySet[Message]:
    return Message.objects.filter(
        user__has_training_consent=True,
        user__is_active=True,
        conversation__deleted_at=None,
    )


def _lines(rows: QuerySet[Message]) -> Iterable[dict[str, Any]]:
    for message in rows.order_by("key").prefetch_related("reviews"):
        judged = [one for one in message.reviews.all() if one.verdict in JUDGED]
        yield {
            "id": message.key,
            "text": message.text,
            "label": judged[0].label,
            "verdicts": sorted(one.verdict for one in judged),
        }


def _excluded(rows: QuerySet[Message]) -> dict[str, int]:
    """How many reviewed messages of consenting people are not in the set, and why."""
    said = Review.objects.filter(message__in=_consented().values("pk"))
    reviewed = said.exclude(message__in=rows.values("pk")).values_list(
        "message", "verdict"
    )
    verdicts: dict[int, set[str]] = {}
    for message, verdict in reviewed:
        verdicts.setdefault(message, set()).add(verdict)
    return dict(Counter(_why_not(found) for found in verdicts.values()))


def _why_not(verdicts: set[str]) -> str:
    if verdicts <= {Verdict.UNSURE}:
        return "unsure"
    if verdicts <= {Verdict.UNSURE, Verdict.REJECT}:
        return "rejected"
    return "reviewers disagree"


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '60s'")
        cursor.execute("SET LOCAL statement_timeout = '60s'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _root() -> Path:
    return Path(settings.VAR_DIR) / "reviews"
