"""The pages of the chat, and its form for browsers without scripts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse

from chat.actions import send_message, wait_until_finished
from chat.care.card import card_for
from chat.errors import BadRequest, ChatError, Conflict, NotFound, Unauthenticated
from chat.history import read_earlier
from chat.landing import landing_context
from chat.pages import Draft, chat_context
from chat.perform import in_database
from chat.snapshots import read_snapshot

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from chat.models import User

FORM_WAIT_S = 20.0


def home(request: HttpRequest) -> HttpResponse:
    """What emochat is, or, to those who are signed in, a new conversation."""
    if not request.user.is_authenticated:
        return render(request, "chat/landing.html", landing_context())
    return _unless_unnamed(request) or _page(request, None, Draft())


def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return _unless_unnamed(request) or _page(request, conversation_id, Draft())


async def send(
    request: HttpRequest, conversation_id: UUID | None = None
) -> HttpResponse:
    """Accept the form's message, wait a while for its reply, show the conversation."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not (await request.auser()).is_authenticated:
        return redirect_to_login(_address(conversation_id))
    data = _form_data(request, conversation_id)
    try:
        accepted = await send_message(
            session_key=request.session.session_key, data=data
        )
    except Unauthenticated:
        return redirect_to_login(_address(conversation_id))
    except ChatError as error:
        return await in_database(_refused, request, conversation_id, data, error)
    await wait_until_finished(accepted.reply, FORM_WAIT_S)
    address = _address(accepted.conversation)
    return redirect(f"{address}#turn-{accepted.message}")


def _form_data(request: HttpRequest, conversation_id: UUID | None) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": request.POST.get("id", ""),
        # Forms send CRLF; the same text sent by a script has LF.
        "text": request.POST.get("text", "").replace("\r\n", "\n"),
        "conversation": str(conversation_id) if conversation_id else None,
    }
    if chosen := request.POST.getlist("classifiers"):
        data["classifiers"] = chosen
    return data


def _refused(
    request: HttpRequest,
    conversation_id: UUID | None,
    data: dict[str, Any],
    error: ChatError,
) -> HttpResponse:
    """The page again, with what was written and what is wrong."""
    # Nothing is stored under the id of a bad message; that of another text is taken.
    needs_new_id = isinstance(error, BadRequest | Conflict)
    message_id = str(uuid4()) if needs_new_id else data["id"]
    draft = Draft(message_id, data["text"], error.message, data.get("classifiers", []))
    is_gone = isinstance(error, NotFound)
    response = _page(request, None if is_gone else conversation_id, draft)
    response.status_code = error.status
    if error.retry_after_s is not None:
        response["Retry-After"] = str(math.ceil(error.retry_after_s))
    return response


def _page(
    request: HttpRequest, conversation_id: UUID | None, draft: Draft
) -> HttpResponse:
    user = cast("User", request.user)
    snapshot = _read(request, user, conversation_id) if conversation_id else None
    search = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    context = chat_context(user=user, snapshot=snapshot, search=search, draft=draft)
    context["care"] = card_for(request, conversation_id)
    return render(request, "chat/page.html", context)


def _read(request: HttpRequest, user: User, conversation_id: UUID) -> dict[str, Any]:
    """The latest turns, or with `?before=SEQ` those before it."""
    before = request.GET.get("before", "")
    try:
        if before.isascii() and before.isdecimal() and len(before) < 10:
            return read_earlier(
                user=user, conversation_id=conversation_id, before=int(before)
            )
        return read_snapshot(user=user, conversation_id=conversation_id)
    except NotFound as error:
        raise Http404 from error


def _unless_unnamed(request: HttpRequest) -> HttpResponse | None:
    """Send those whose name we do not know yet to where we ask for it."""
    user = cast("User", request.user)
    return None if user.display_name else redirect("welcome")


def _address(conversation_id: UUID | None) -> str:
    if conversation_id is None:
        return reverse("home")
    return reverse("conversation", args=[conversation_id])
