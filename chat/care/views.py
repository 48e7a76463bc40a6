"""The page that says what emochat is and is not, and the button of the safety card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.vary import vary_on_headers

from chat.care.card import country_of
from chat.care.helplines import countries, directory
from chat.care.measure import published, rows
from chat.errors import NotFound, Unauthenticated
from chat.perform import in_database
from chat.services.care import say_safe

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@vary_on_headers("Accept-Language")
def safety(request: HttpRequest) -> HttpResponse:
    """For everybody, signed in or not; reads nothing but files."""
    figures = published()
    context = {
        "country": country_of(request),
        "countries": countries().values(),
        "directory": directory(),
        "figures": figures,
        "rows": rows(figures) if figures else [],
    }
    return render(request, "chat/safety.html", context)


async def safe(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Keep that the person is safe for now, and show the conversation again."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    address = reverse("conversation", args=[conversation_id])
    if not (await request.auser()).is_authenticated:
        return redirect_to_login(address)
    key = request.session.session_key
    try:
        await in_database(say_safe, session_key=key, conversation_id=conversation_id)
    except Unauthenticated:
        return redirect_to_login(address)
    except NotFound as error:
        raise Http404 from error
    return redirect(address)
