"""Every REST error as `application/problem+json` (RFC 9457), with our codes."""

from __future__ import annotations

import math
from typing import Any

from django.http import Http404
from rest_framework import exceptions
from rest_framework.exceptions import (
    AuthenticationFailed,
    NotAuthenticated,
    PermissionDenied,
)
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from chat.errors import BadRequest, ChatError, NotFound, Unauthenticated
from chat.perform import AWAY, DatabaseAway

CONTENT_TYPE = "application/problem+json"


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    chat_error = _as_chat_error(error)
    if chat_error is not None:
        return _problem(chat_error)
    response = drf_handler(error, context)
    if response is None:
        return None
    is_denied = response.status_code == PermissionDenied.status_code
    response.data = {
        "type": "about:blank",
        "status": response.status_code,
        "code": Unauthenticated.code if is_denied else BadRequest.code,
        "detail": str(getattr(error, "detail", error)),
    }
    response.content_type = CONTENT_TYPE
    return response


def _as_chat_error(error: Exception) -> ChatError | None:
    if isinstance(error, ChatError):
        return error
    if isinstance(error, NotAuthenticated | AuthenticationFailed):
        return Unauthenticated()
    if isinstance(error, Http404 | exceptions.NotFound):
        return NotFound()
    if isinstance(error, RecursionError):  # JSON of 50,000 brackets
        return BadRequest()
    return DatabaseAway(retry_after_s=2.0) if isinstance(error, AWAY) else None


def _problem(error: ChatError) -> Response:
    data: dict[str, Any] = {
        "type": "about:blank",
        "title": error.code.replace("_", " "),
        "status": error.status,
        **error.payload(),
    }
    data["detail"] = data.pop("message")
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    return Response(data, error.status, headers=headers, content_type=CONTENT_TYPE)
