"""`conversations/{id}/events/` as server-sent events: what a frame looks like there.

Where `emochat.asgi` serves, `chat.api.streaming` answers first and holds no thread. This
view is for any other server: it sends the snapshot and ends, and clients come again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from chat.api import docs
from chat.api.base import ApiView
from chat.snapshots import read_snapshot

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

CONTENT_TYPE = "text/event-stream; charset=utf-8"
RETRY_MS = 1000
MAX_SEQ_DIGITS = 10


def event_of(frame: dict[str, Any]) -> str:
    """One frame as an event; its id is the seq, which `Last-Event-ID` gives back."""
    data = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    seq = f"id: {frame['seq']}\n" if "seq" in frame else ""
    return f"event: {frame['type']}\n{seq}data: {data}\n\n"


def after_of(last_event_id: str) -> int | None:
    """The seq that a client has; None for anything else that the header may say."""
    is_seq = last_event_id.isascii() and last_event_id.isdecimal()
    return (
        int(last_event_id) if is_seq and len(last_event_id) < MAX_SEQ_DIGITS else None
    )


class ConversationEvents(ApiView):
    @docs.conversations_events
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        after = after_of(request.headers.get("Last-Event-ID", ""))
        body = read_snapshot(user=self.person, conversation_id=pk, after=after)
        text = f"retry: {RETRY_MS}\n\n" + event_of({"type": "snapshot", **body})
        return HttpResponse(text, content_type=CONTENT_TYPE)
