"""A conversation as staff read it: a reason first, then what was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect

from chat import classifiers
from chat.desk.pages import needs, page, staff_of
from chat.errors import NotFound
from chat.events import classification_body
from chat.models import Message
from chat.readings import Reading, reading_shown
from chat.services import access

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from chat.models import Conversation

PAGE = 100  # turns; a longer conversation goes on by a link
TYPED = "read_reason"


@dataclass(frozen=True, slots=True)
class Turn:
    """A message with what was read in it and answered; `correction` is its person's."""

    message: Message
    readings: list[Reading]
    correction: str
    labels_said: list[str]


@needs("chat.read_conversation")
def read(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Ask for a reason once, record each reading, show the transcript."""
    staff = staff_of(request)
    if request.method == "POST":
        return _reason_typed(request, conversation_id)
    reason = request.session.get(TYPED, {}).get(str(conversation_id), "")
    reason = reason or access.last_reason(staff, conversation_id)
    if not reason:
        return _ask(request, conversation_id)
    try:
        conversation = access.open_conversation(
            staff=staff, conversation_id=conversation_id, reason=reason
        )
    except NotFound as error:
        raise Http404 from error
    context = {"conversation": conversation, "reason": reason, "PAGE": PAGE}
    context |= _turns(conversation, request.GET.get("after", ""))
    return page(request, "transcript.html", "Transcript", context)


def _reason_typed(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Keep the reason for the reading that follows; it is recorded there."""
    try:
        reason = access.clean_reason(request.POST.get("reason", ""))
    except access.ReasonNeeded as error:
        return _ask(request, conversation_id, error.message, status=400)
    typed = request.session.get(TYPED, {})
    request.session[TYPED] = {**typed, str(conversation_id): reason}
    return redirect(request.path)


def _ask(
    request: HttpRequest, conversation_id: UUID, fault: str = "", status: int = 200
) -> HttpResponse:
    context = {"conversation_id": conversation_id, "fault": fault}
    response = page(request, "ask_reason.html", "Read a conversation", context)
    response.status_code = status
    return response


def _turns(conversation: Conversation, after: str) -> dict[str, Any]:
    """The turns of one page; six queries whatever it holds."""
    seq = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else 0
    rows = Message.objects.filter(conversation=conversation, seq__gt=seq)
    found = list(
        rows.order_by("seq").with_turn().prefetch_related("reviews")[: PAGE + 1]
    )
    more = found[PAGE - 1].seq if len(found) > PAGE else None
    return {"turns": shown(found[:PAGE]), "more": more, "is_later_page": bool(seq)}


def shown(messages: Iterable[Message]) -> list[Turn]:
    """Word the messages; no query where they came `with_turn()` and their reviews."""
    return [_turn(message) for message in messages]


def _turn(message: Message) -> Turn:
    sure_from = classifiers.sure_from()
    rows = {row.classifier: row for row in message.classifications.all()}
    readings = [
        reading_shown(classification_body(rows[name]), sure_from.get(name, 0.0))
        for name in message.classifiers
        if name in rows
    ]
    corrected = [one.label for one in message.corrections.all()]
    said = [one.label or one.verdict for one in message.reviews.all()]
    return Turn(message, readings, next(iter(corrected), ""), said)
