"""What the chat page shows, made from a snapshot: templates only lay it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from chat import classifiers as choice
from chat.inputs import MAX_TEXT
from chat.models import Conversation
from chat.readings import SPLIT_BELOW, Reading, reading_shown
from inference.registry import CLASSIFIERS, EMOTION_LABELS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat.models import User

N_CONVERSATIONS = 40
WEEK = timedelta(days=7)
# Named in the page's head, so that they are fetched at once and not one by one; but for
# what is fetched when it is first asked for.
MODULES = sorted(
    f"chat/{p.name}"
    for p in (settings.BASE_DIR / "static" / "chat").glob("*.js")
    if p.name != "explain.js"
)
NOTES = {
    "stopped": "You stopped this reply.",
    "length": "The reply reached its full length.",
    "deadline": "Time ran out before the reply was complete.",
    "error": "This reply could not be finished.",
}


@dataclass(frozen=True, slots=True)
class ReplyShown:
    id: str
    state: str
    text: str
    note: str
    ordinal: int
    care: str = ""

    @property
    def is_open(self) -> bool:
        return self.state in ("pending", "running")


@dataclass(frozen=True, slots=True)
class TurnShown:
    id: str
    text: str
    at: datetime
    readings: list[Reading]
    correction: str
    reply: ReplyShown | None
    earlier: list[ReplyShown]
    starts_day: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the message box, and why it was not sent."""

    id: str = field(default_factory=lambda: str(uuid4()))
    text: str = ""
    error: str = ""
    chosen: list[str] = field(default_factory=list)


def chat_context(
    *, user: User, snapshot: dict[str, Any] | None, search: str, draft: Draft
) -> dict[str, Any]:
    """Return all that `chat/page.html` shows; one query beside the snapshot's."""
    conversation = snapshot["conversation"] if snapshot else None
    chosen = (
        draft.chosen or (conversation or {}).get("classifiers") or choice.default(user)
    )
    return {
        "conversation": conversation,
        "turns": turns_shown(snapshot) if snapshot else [],
        "earlier": _earlier_than(snapshot) if snapshot else 0,
        "groups": grouped(_conversations(user, search), timezone.localtime()),
        "search": search,
        "draft": draft,
        "classifiers": [
            (spec, spec.name in chosen, choice.figures().get(spec.name))
            for spec in choice.offered()
        ],
        "labels": EMOTION_LABELS,
        "explainers": choice.offered(),
        "modules": MODULES,
        "data": _data(user, snapshot),
    }


def _earlier_than(snapshot: dict[str, Any]) -> int:
    """The seq before which there are more turns, or 0: the first message's is 1."""
    messages = snapshot["messages"]
    return messages[0]["seq"] if messages and messages[0]["seq"] > 1 else 0


def _data(user: User, snapshot: dict[str, Any] | None) -> dict[str, Any]:
    """What the page's scripts start from."""
    return {
        "user": user.pk,
        "snapshot": snapshot,
        "max_text": MAX_TEXT,
        "max_classifiers": choice.MAX_CHOSEN,
        "titles": {spec.name: spec.title for spec in CLASSIFIERS.values()},
        "split_below": SPLIT_BELOW,
        "sure_from": choice.sure_from(),
        "notes": NOTES,
    }


def _conversations(user: User, search: str) -> Iterable[Conversation]:
    rows = Conversation.objects.for_user(user)
    rows = rows.search(search) if search else rows
    return rows.latest_first()[:N_CONVERSATIONS]


def grouped(
    conversations: Iterable[Conversation], now: datetime
) -> list[tuple[str, list[Conversation]]]:
    """Group conversations, latest first, under the words for their day."""
    groups: dict[str, list[Conversation]] = {}
    for conversation in conversations:
        groups.setdefault(day_words(conversation.updated_at, now), []).append(
            conversation
        )
    return list(groups.items())


def day_words(at: datetime, now: datetime) -> str:
    day = timezone.localtime(at).date()
    age = now.date() - day
    if age < timedelta(days=1):
        return "Today"
    if age < timedelta(days=2):
        return "Yesterday"
    return f"{day:%A}" if age < WEEK else f"{day:%B %Y}"


def turns_shown(snapshot: dict[str, Any]) -> list[TurnShown]:
    live = snapshot.get("live") or {}
    shown: list[TurnShown] = []
    for turn in snapshot["messages"]:
        at = datetime.fromisoformat(turn["created_at"])
        starts_day = not shown or shown[-1].at.date() != at.date()
        shown.append(_turn_shown(turn, at, starts_day, live))
    return shown


def _turn_shown(
    turn: dict[str, Any], at: datetime, starts_day: bool, live: dict[str, Any]
) -> TurnShown:
    replies = [_reply_shown(reply, live) for reply in turn["replies"]]
    return TurnShown(
        id=turn["id"],
        text=turn["text"],
        at=at,
        readings=[_reading(c) for c in turn["classifications"]],
        correction=turn.get("correction", ""),
        reply=replies[-1] if replies else None,
        earlier=replies[:-1],
        starts_day=starts_day,
    )


def _reading(classification: dict[str, Any]) -> Reading:
    sure_from = choice.sure_from().get(classification["classifier"], 0.0)
    return reading_shown(classification, sure_from)


def _reply_shown(reply: dict[str, Any], live: dict[str, Any]) -> ReplyShown:
    is_live = live.get("reply") == reply["id"]
    note = NOTES.get(reply.get("reason", ""), "")
    text = live["text"] if is_live else reply["text"]
    ordinal, care = reply["ordinal"], reply.get("care", "")
    return ReplyShown(reply["id"], reply["state"], text, note, ordinal, care)
