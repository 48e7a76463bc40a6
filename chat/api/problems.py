"""Every REST error as `application/problem+json` (RFC 9457), with our codes."""

from __future__ import annotations

import json
import logging
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from chat.api.authentication import SCHEME
from chat.errors import (
    BadRequest,
    BodyTooBig,
    ChatError,
    Internal,
    NotFound,
    Unauthenticated,
)
from chat.perform import AWAY, DatabaseAway

if TYPE_CHECKING:
    from django.http import HttpResponseBase

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
Headers = dict[str, str]


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """What DRF answers instead of an exception; nothing gets past it."""
    set_rollback()
    if isinstance(error, exceptions.APIException) and not _as_chat_error(error):
        body = problem(error.status_code, _code(error), _words(error))
        return Response(body, error.status_code, content_type=CONTENT_TYPE)
    known = _as_chat_error(error)
    if known is None:
        logger.error("%s failed", type(context.get("view")).__name__, exc_info=error)
        known = Internal()
    return _response(known)


def _as_chat_error(error: Exception) -> ChatError | None:
    if isinstance(error, ChatError):
        return error
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return Unauthenticated()
    if isinstance(error, Http404 | exceptions.NotFound):
        return NotFound()
    if isinstance(error, RequestDataTooBig):
        return BodyTooBig()
    if isinstance(error, RecursionError):  # JSON of 50,000 brackets
        return BadRequest()
    return DatabaseAway(retry_after_s=2.0) if isinstance(error, AWAY) else None


def _code(error: exceptions.APIException) -> str:
    is_denied = error.status_code == exceptions.PermissionDenied.status_code
    return Unauthenticated.code if is_denied else BadRequest.code


def _words(error: exceptions.APIException) -> str:
    """Names no module of ours: DRF's words about JSON and methods are for people."""
    return str(error.detail)


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "retryable": False,
        **more,
    }


def body_of(error: ChatError) -> dict[str, Any]:
    payload = error.payload()
    detail = payload.pop("message")
    return problem(error.status, payload.pop("code"), detail, **payload)


def headers_of(error: ChatError) -> Headers:
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    if error.status == Unauthenticated.status:
        headers["WWW-Authenticate"] = SCHEME
    return headers


def _response(error: ChatError) -> Response:
    return Response(
        body_of(error),
        error.status,
        headers=headers_of(error),
        content_type=CONTENT_TYPE,
    )


def instead_of(response: HttpResponseBase) -> HttpResponse:
    """A problem in the place of a page that told of an error outside our views."""
    status = response.status_code
    error: ChatError = Internal() if status >= 500 else BadRequest()
    error = NotFound() if status == NotFound.status else error
    body = body_of(error) | {"status": status, "title": HTTPStatus(status).phrase}
    return HttpResponse(json.dumps(body), status=status, content_type=CONTENT_TYPE)
