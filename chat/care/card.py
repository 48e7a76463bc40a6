"""The safety card of a chat page: how it stands, and whose numbers it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from chat.care.helplines import Country, Directory, country_for, directory
from chat.care.records import SafetyEvent

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Card:
    """`level` is "" (nothing was noticed), "high" (open), or "lowered" (a small line)."""

    level: str
    country: Country
    directory: Directory


def card_for(request: HttpRequest, conversation_id: UUID | None) -> Card:
    """Return the card; one query where there is a conversation.

    The caller has made sure that the conversation is the person's own.
    """
    level = _level(conversation_id) if conversation_id else ""
    return Card(level, country_of(request), directory())


def _level(conversation_id: UUID) -> str:
    event = SafetyEvent.objects.latest_of(conversation_id)
    if event is None:
        return ""
    return "lowered" if event.kind == SafetyEvent.Kind.SAFE else "high"


def country_of(request: HttpRequest) -> Country:
    return country_for(
        request.headers.get("Accept-Language", ""),
        settings.EMOCHAT_COUNTRY,
        request.GET.get("country", ""),
    )
