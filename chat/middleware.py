"""The content policies that differ; what every answer of the API has; pages not kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.cache import add_never_cache_headers

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


class ChangedAnswers(ABC):
    """Pass each answer through `change`, under either kind of server."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if iscoroutinefunction(self.get_response):
            return self._call_async(request)  # type: ignore[return-value]
        return self.change(request, self.get_response(request))

    async def _call_async(self, request: HttpRequest) -> HttpResponseBase:
        return self.change(request, await self.get_response(request))  # type: ignore[misc]

    @abstractmethod
    def change(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the answer to send in its place, or itself."""


class AdminContentPolicy(ChangedAnswers):
    """Let `/admin/` alone evaluate strings: django-unfold's Alpine needs it.

    And let the page of the API, which shows nobody's texts, style itself.
    """

    def change(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        for root, policy in POLICIES.items():
            if request.path.startswith(root):
                response._csp_replace = policy  # type: ignore[attr-defined]
        return response


class ApiAnswers(ChangedAnswers):
    """Under `/api/`, errors from outside the views are problems too; nothing is kept."""

    def change(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path.startswith("/api/"):
            return response
        is_ours = response.get("Content-Type", "") == problems.CONTENT_TYPE
        if response.status_code >= BAD_REQUEST and not is_ours:
            response = problems.instead_of(response)
        if request.path.startswith("/api/v1/"):
            response.setdefault("Cache-Control", "no-store")
        return response


class SecondFactorPages(ChangedAnswers):
    """No browser keeps a page that shows a secret; allauth lets it keep some of them."""

    def change(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.path.startswith("/accounts/2fa/"):
            add_never_cache_headers(response)
        return response
