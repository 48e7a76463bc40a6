"""What every page of our own in the admin shares: its frame, and who may see it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from chat.models import User

    View = Callable[..., HttpResponse]


def needs(permission: str) -> Callable[[View], View]:
    """Let only staff with the permission in; the others get 403."""

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return wrap


def page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any]
) -> HttpResponse:
    """Render a page inside the admin's frame; nobody else may keep a copy of it."""
    frame = admin.site.each_context(request) | {"title": title}
    response = render(request, f"admin/desk/{template}", frame | context)
    response["Cache-Control"] = "no-store"
    return response


def staff_of(request: HttpRequest) -> User:
    return cast("User", request.user)


def nothing_on_site(request: HttpRequest, rest: str) -> NoReturn:
    """The admin's "view on site": no row of ours has a page that staff may see there.

    Django's own view answers an id of the wrong kind with a server error.
    """
    raise Http404
