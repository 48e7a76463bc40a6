"""The review queue: one message a screen, what was said before it, six keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect

from chat import classifiers
from chat.agreement import agreements
from chat.desk.pages import needs, page, staff_of
from chat.desk.transcript import shown
from chat.errors import ChatError, NotFound
from chat.models import Candidate, Message
from chat.services import access, reviews
from inference.registry import EMOTION_LABELS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from chat.models import User

N_BEFORE = 2
MAX_SKIPPED = 200
REASON, SKIPPED, LAST = "queue_reason", "queue_skipped", "queue_last"


@needs("chat.read_conversation")
@needs("chat.add_review")
def queue(request: HttpRequest) -> HttpResponse:
    """Ask once what the labels are for; then show message after message."""
    if request.method == "POST":
        return _said(request)
    if not request.session.get(REASON) or "start" in request.GET:
        return _start(request)
    staff = staff_of(request)
    skipped = request.session.get(SKIPPED, [])
    candidate = _wanted(request) or reviews.next_candidate(
        reviewer=staff, skipped=skipped
    )
    if candidate is None:
        last = {"last": request.session.get(LAST)}
        return page(request, "queue_empty.html", "Review queue", last)
    try:
        return _show(request, staff, candidate)
    except NotFound as error:  # deleted between the two
        raise Http404 from error


def _show(request: HttpRequest, staff: User, candidate: Candidate) -> HttpResponse:
    """Record the reading, then read the message and what was said before it."""
    asked = Message.objects.filter(pk=candidate.pk)
    place = asked.values_list("conversation", "seq").first()
    if place is None:
        raise NotFound
    conversation, seq = place
    access.open_conversation(
        staff=staff,
        conversation_id=conversation,
        reason=f"Review queue: {request.session[REASON]}",
    )
    rows = Message.objects.filter(conversation=conversation, seq__lte=seq)
    latest = rows.order_by("-seq").with_turn().prefetch_related("reviews")
    *before, turn = shown(reversed(latest[: N_BEFORE + 1]))
    return page(request, "queue.html", "Review queue", _context(request, before, turn))


def _context(request: HttpRequest, before: list[Any], turn: Any) -> dict[str, Any]:
    first = turn.readings[0] if turn.readings else None
    is_sure = first is not None and not (first.is_split or first.is_unsure)
    own = [r for r in turn.message.reviews.all() if r.reviewer_id == request.user.pk]
    return {
        "before": before,
        "turn": turn,
        "choices": list(enumerate(EMOTION_LABELS, 1)),
        "explainers": classifiers.offered(),
        "read": first.label if first else "",
        # A guess that is not sure is not to be confirmed by habit.
        "chosen": own[0].label if own else first.label if first and is_sure else "",
        "n_waiting": reviews.n_waiting(staff_of(request)),
        "last": request.session.get(LAST),
    }


def _start(request: HttpRequest, fault: str = "") -> HttpResponse:
    context = {
        "fault": fault,
        "n_waiting": reviews.n_waiting(staff_of(request)),
        "agreements": agreements(),
    }
    response = page(request, "queue_start.html", "Review queue", context)
    response.status_code = 400 if fault else 200
    return response


def _wanted(request: HttpRequest) -> Candidate | None:
    """The message that was asked for by its number, to say something else of it."""
    key = request.GET.get("message", "")
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        return None
    own = Candidate.objects.filter(message__reviews__reviewer=staff_of(request))
    return own.filter(pk=int(key), message__user__has_training_consent=True).first()


def _said(request: HttpRequest) -> HttpResponse:
    if "reason" in request.POST:
        return _begin(request)
    key = request.POST.get("message", "")
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        raise Http404
    said = request.POST.get("said", "")
    if said == "skip":
        skipped = request.session.get(SKIPPED, [])
        request.session[SKIPPED] = [*skipped, int(key)][-MAX_SKIPPED:]
        return redirect(request.path)
    return _keep(request, int(key), said)


def _begin(request: HttpRequest) -> HttpResponse:
    try:
        request.session[REASON] = access.clean_reason(request.POST["reason"])
    except access.ReasonNeeded as error:
        return _start(request, error.message)
    return redirect(request.path)


def _keep(request: HttpRequest, key: int, said: str) -> HttpResponse:
    label = request.POST.get("label", "") if said == "label" else ""
    verdict = "" if said == "label" else said
    try:
        reviews.review_message(
            reviewer=staff_of(request), message_key=key, verdict=verdict, label=label
        )
    except NotFound:
        pass  # its person took it back in the meantime: go on with the next
    except ChatError as error:
        return _start(request, error.message)
    else:
        request.session[LAST] = key
    return redirect(request.path)
