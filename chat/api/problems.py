"""Every REST error as `application/problem+json` (RFC 9457), with our codes."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from chat.errors import BadRequest, ChatError, NotFound, Unauthenticated

STATUS_CODES = {401: Unauthenticated.code, 403: Unauthenticated.code, 404: NotFound.code}


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, ChatError):
        return _problem(error)
    if isinstance(error, Http404):
        return _problem(NotFound())
    response = drf_handler(error, context)
    if response is None:
        return None
    code = STATUS_CODES.get(response.status_code, BadRequest.code)
    if isinstance(error, exceptions.APIException | PermissionDenied):
        response.data = {
            "type": "about:blank",
            "status": response.status_code,
            "code": code,
            "detail": str(getattr(error, "detail", error)),
        }
        response.content_type = "application/problem+json"
    return response


def _problem(error: ChatError) -> Response:
    body = error.payload()
    data = {
        "type": "about:blank",
        "title": error.code.replace("_", " "),
        "status": error.status,
        "code": error.code,
        "detail": body.pop("message"),
        **{key: body[key] for key in ("retryable", "retry_after") if key in body},
    }
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    return Response(
        data, error.status, headers=headers, content_type="application/problem+json"
    )
