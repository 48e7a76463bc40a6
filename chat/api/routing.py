"""What is answered before Django, or around it, because it waits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from chat.api.later import answer_later
from chat.api.streaming import EventStream
from chat.api.waiting import answer_when_finished, wait_of

if TYPE_CHECKING:
    from chat.api.waiting import Application, Receive, Scope, Send

_ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # as <uuid:pk>
EVENTS = re.compile(f"/api/v1/conversations/({_ID})/events/")
WAITING = re.compile(
    f"/api/v1/(conversations/{_ID}/messages|messages/{_ID}/regenerate)/"
)
LATER = re.compile("/api/v1/explain/|/admin/chat/review/queue/explain/")


def around(django: Application) -> Application:
    """Put our three waiting applications in front of Django's."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if method == "GET" and (events := EVENTS.fullmatch(path)):
            await EventStream(scope, send).run(UUID(events[1]), receive)
        elif method == "POST" and wait_of(scope) and WAITING.fullmatch(path):
            await answer_when_finished(django, scope, receive, send)
        elif method == "POST" and LATER.fullmatch(path):
            await answer_later(django, scope, receive, send)
        else:
            await django(scope, receive, send)

    return application
