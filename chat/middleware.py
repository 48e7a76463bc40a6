"""The admin's own content security policy; what every answer of the API has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE

from chat.api import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

BAD_REQUEST = 400
ADMIN_POLICY = {
    "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
}


# Swagger UI sets style attributes; its scripts are files of ours (the split view).
DOCS_POLICY = {"style-src": [SELF, UNSAFE_INLINE]}
POLICIES = {"/admin/": ADMIN_POLICY, "/api/docs/": DOCS_POLICY}


class AdminContentPolicy:
    """Let `/admin/` alone evaluate strings: django-unfold's Alpine needs it.

    And let the page of the API, which shows nobody's texts, style itself.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if iscoroutinefunction(self.get_response):
            return self._call_async(request)  # type: ignore[return-value]
        return _relax(request, self.get_response(request))

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        return _relax(request, await self.get_response(request))  # type: ignore[misc]


def _relax(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    for root, policy in POLICIES.items():
        if request.path.startswith(root):
            response._csp_replace = policy  # type: ignore[attr-defined]
    return response


class ApiAnswers:
    """Under `/api/`, errors from outside the views are problems too; nothing is kept."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if iscoroutinefunction(self.get_response):
            return self._call_async(request)  # type: ignore[return-value]
        return _as_api(request, self.get_response(request))

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        return _as_api(request, await self.get_response(request))  # type: ignore[misc]


def _as_api(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if not request.path.startswith("/api/"):
        return response
    is_ours = response.get("Content-Type", "") == problems.CONTENT_TYPE
    if response.status_code >= BAD_REQUEST and not is_ours:
        response = problems.instead_of(response)
    if request.path.startswith("/api/v1/"):
        response.setdefault("Cache-Control", "no-store")
    return response
