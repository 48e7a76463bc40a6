"""Errors as events, which travel between processes, and events as errors again."""

from __future__ import annotations

from inference.errors import (
    BadRequest,
    DeadlineExceeded,
    EngineBusy,
    EngineLost,
    InferenceError,
    ModelUnavailable,
    RequestCancelled,
)
from inference.types import Failed

_ERRORS = {
    cls.code: cls
    for cls in (
        EngineLost,
        ModelUnavailable,
        DeadlineExceeded,
        BadRequest,
        RequestCancelled,
    )
}


def failed(request_id: str, error: InferenceError) -> Failed:
    """Return the event that tells of an error."""
    retry_after_s = getattr(error, "retry_after_s", None)
    return Failed(request_id, error.code, str(error), retry_after_s)


def error_of(event: Failed) -> InferenceError:
    """Return the exception that a Failed stands for."""
    if event.code == EngineBusy.code:
        return EngineBusy(event.message, event.retry_after_s or 1.0)
    return _ERRORS.get(event.code, InferenceError)(event.message)
