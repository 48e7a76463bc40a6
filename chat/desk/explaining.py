"""Why a classifier read what it read, for whoever reviews: the words of the message."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, JsonResponse

from chat.api.later import hand_over
from chat.api.problems import CONTENT_TYPE, body_of
from chat.desk.pages import needs, staff_of
from chat.desk.queue import REASON
from chat.errors import ChatError, NotFound
from chat.explain_inputs import ExplainReviewed
from chat.explaining import explain
from chat.inputs import parse
from chat.models import Candidate
from chat.services import access
from chat.services.explanations import Asked, Wanted, ask_as_staff

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@needs("chat.read_conversation")
@needs("chat.add_review")
def explain_reviewed(request: HttpRequest) -> HttpResponse:
    """Explain a message that waits for a label; a reading, recorded as any other."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.session.get(REASON):  # nothing is read before a reason
        raise PermissionDenied
    try:
        job = partial(explain, _asked(request))
        if hand_over(request, job):
            return _answer({})
        return _answer(async_to_sync(job)())
    except ChatError as error:
        return _answer(body_of(error), error.status, content_type=CONTENT_TYPE)


def _asked(request: HttpRequest) -> Asked:
    given = parse(ExplainReviewed, request.POST.dict())
    candidate = (
        Candidate.objects.filter(pk=given["message"])
        .filter(message__user__has_training_consent=True)
        .select_related("message")
        .first()
    )
    if candidate is None:
        raise NotFound
    staff = staff_of(request)
    access.open_conversation(
        staff=staff,
        conversation_id=candidate.message.conversation_id,
        reason=f"Review queue: {request.session[REASON]}",
    )
    wanted = Wanted(given["classifier"], given.get("label") or None)
    return ask_as_staff(staff=staff, text=candidate.message.text, wanted=wanted)


def _answer(body: dict[str, Any], status: int = 200, **more: Any) -> HttpResponse:
    return JsonResponse(body, status=status, **more)
