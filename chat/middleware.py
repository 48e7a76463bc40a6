"""The admin's own content security policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

ADMIN_POLICY = {
    "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
}


class AdminContentPolicy:
    """Let `/admin/` alone evaluate strings: django-unfold's Alpine needs it."""

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
    if request.path.startswith("/admin/"):
        response._csp_replace = ADMIN_POLICY  # type: ignore[attr-defined]
    return response
