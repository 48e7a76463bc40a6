"""Finding conversations by what was said in them, and showing where.

Postgres full text finds other forms of a word (`feelings` finds "I feel"); a part of a
word is found as it is written. Both look at one person's rows only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.search import (
    SearchHeadline,
    SearchQuery,
    SearchVector,
    SearchVectorExact,
)
from django.db.models import Exists, OuterRef, Q

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from chat.models import Conversation

SEARCH_CONFIG = "english"
MAX_QUERY = 200  # a word of 2,048 bytes is an error in a tsquery
MATCH_START, MATCH_STOP = "\x02", "\x03"
N_AROUND = 60  # code points before and after a match


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a conversation must hold: all of it in one and the same turn.

    `emotion` is the person's correction of a message, else what a classifier read;
    with `classifier` it is what that one read. `until` is exclusive.
    """

    text: str = ""
    emotion: str = ""
    classifier: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def has_filters(self) -> bool:
        return bool(self.emotion or self.classifier or self.since or self.until)


def says(text: str) -> Q:
    """Messages or replies that hold the words, in any form, or the very characters."""
    return Q(words=query(text)) | Q(text__icontains=text)


def _is_titled(text: str) -> Q:
    vector = SearchVector("title", config=SEARCH_CONFIG)
    return Q(title__icontains=text) | Q(SearchVectorExact(vector, query(text)))


def query(text: str) -> SearchQuery:
    """Return what asks for these words, as people type them into a search box."""
    return SearchQuery(text, config=SEARCH_CONFIG, search_type="websearch")


def wanted_conversations(
    rows: QuerySet[Conversation], wanted: Wanted
) -> QuerySet[Conversation]:
    """Those of `rows` that hold such a turn, or whose title says the text."""
    from chat.models import Message, Reply  # noqa: PLC0415  they import this module

    turns = Message.objects.filter(conversation=OuterRef("pk"))
    turns = turns.read_as(wanted.emotion, wanted.classifier)
    turns = turns.written(wanted.since, wanted.until)
    if not wanted.text:
        return rows.filter(Exists(turns)) if wanted.has_filters else rows
    answered = Reply.objects.filter(says(wanted.text), message=OuterRef("pk"))
    is_said = Exists(turns.filter(says(wanted.text) | Exists(answered)))
    is_titled = _is_titled(wanted.text)
    return rows.filter(
        is_said | (is_titled & Exists(turns) if wanted.has_filters else is_titled)
    )


def snippets(page: Sequence[Conversation], text: str) -> dict[UUID, dict[str, Any]]:
    """Where each conversation says it last, by its id; two queries a table.

    The message's words come before the reply's, the title's last of all.
    """
    from chat.models import Message, Reply  # noqa: PLC0415  they import this module

    found = {row.id: _snippet("title", None, row.title, text) for row in page}
    replies = Reply.objects.filter(conversation__in=page).order_by(
        "conversation", "-message__seq", "-ordinal"
    )
    messages = Message.objects.filter(conversation__in=page).order_by(
        "conversation", "-seq"
    )
    for kind, rows, uuid in (
        ("reply", replies, "message__uuid"),
        ("message", messages, "uuid"),
    ):
        for conversation, message, shown in _latest(rows, text, uuid):
            found[conversation] = _snippet(kind, message, shown, text)
    return found


def _latest(
    rows: QuerySet[Any], text: str, uuid: str
) -> Iterable[tuple[UUID, UUID, str]]:
    hits = rows.filter(says(text)).distinct("conversation").values_list("pk", flat=True)
    headline = SearchHeadline(
        "text",
        query(text),
        config=SEARCH_CONFIG,
        start_sel=MATCH_START,
        stop_sel=MATCH_STOP,
        max_words=24,
        min_words=8,
    )
    shown = rows.model.objects.filter(pk__in=list(hits)).annotate(headline=headline)
    for conversation, message, whole, marked in shown.values_list(
        "conversation", uuid, "text", "headline"
    ):
        yield conversation, message, marked if MATCH_START in marked else whole


def _snippet(kind: str, message: UUID | None, shown: str, text: str) -> dict[str, Any]:
    parts = _marked(shown) if MATCH_START in shown else _cut(shown, text)
    return {
        "in": kind,
        "message": str(message) if message else None,
        "parts": [{"text": t, "match": is_match} for t, is_match in parts if t],
    }


def _marked(headline: str) -> list[tuple[str, bool]]:
    pieces = re.split(f"[{MATCH_START}{MATCH_STOP}]", headline)
    return [(piece, n % 2 == 1) for n, piece in enumerate(pieces)]


def _cut(whole: str, text: str) -> list[tuple[str, bool]]:
    """The text's characters with some around, where no word matched."""
    match = re.search(re.escape(text), whole, re.IGNORECASE)
    if match is None:
        return [(whole[: 2 * N_AROUND], False)]
    start, end = match.span()
    before, after = whole[max(0, start - N_AROUND) : start], whole[end : end + N_AROUND]
    return [(before, False), (match[0], True), (after, False)]
