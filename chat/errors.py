"""What can go wrong for a person, the same over socket, form and REST.

ChatError
├── BadRequest          bad_request          400
│   ├── Empty           empty                400
│   ├── TooLong         too_long             400
│   ├── UnknownClassifier  unknown_classifier  400
│   └── BodyTooBig      too_long             413
├── Unauthenticated     unauthenticated      401
│   └── NotRecent       unauthenticated      401
├── NotFound            not_found            404
├── Conflict            conflict             409
│   └── ReplyActive     reply_active         409
├── RateLimited         rate_limited         429  retry_after
└── Unavailable                              503  retryable
    ├── Overloaded      overloaded                retry_after
    ├── ModelUnavailable  model_unavailable
    ├── ShuttingDown    shutting_down
    └── Internal        internal             500
"""

from __future__ import annotations

from typing import Any


class ChatError(Exception):
    """`code` is stable and documented; `message` is for people."""

    code = "internal"
    status = 500
    retryable = False
    message = "Something went wrong on our side. Your text is safe; please try again."

    def __init__(
        self, message: str = "", *, retry_after_s: float | None = None
    ) -> None:
        self.message = message or self.message
        self.retry_after_s = retry_after_s
        super().__init__(self.message)

    def payload(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "retryable": self.retryable,
        }
        if self.retry_after_s is not None:
            body["retry_after"] = round(self.retry_after_s, 1)
        return body


class BadRequest(ChatError):
    code, status = "bad_request", 400
    message = "We could not read that."


class Empty(BadRequest):
    code = "empty"
    message = "Write something first."


class TooLong(BadRequest):
    code = "too_long"
    message = "That is too long: a message has at most 4,000 characters."


class BodyTooBig(TooLong):
    status = 413
    message = "That is more than we take at once: a request has at most 4 MiB."


class UnknownClassifier(BadRequest):
    code = "unknown_classifier"
    message = "Choose between one and five of the classifiers offered."


class Unauthenticated(ChatError):
    code, status = "unauthenticated", 401
    message = "Please sign in again."


class NotRecent(Unauthenticated):
    message = (
        "Confirm first that it is you: sign in again, or give your password to"
        " /_allauth/app/v1/auth/reauthenticate."
    )


class NotFound(ChatError):
    code, status = "not_found", 404
    message = "That is not here any more."


class Conflict(ChatError):
    code, status = "conflict", 409
    message = "That was already done differently."


class ReplyActive(Conflict):
    code = "reply_active"
    message = "Five messages are waiting for their reply. Please let one finish first."


class RateLimited(ChatError):
    code, status, retryable = "rate_limited", 429, True
    message = "That was a lot at once. Please wait a moment."


class Unavailable(ChatError):
    status, retryable = 503, True


class Overloaded(Unavailable):
    code = "overloaded"
    message = "Many people are writing just now. Please try again in a moment."


class ModelUnavailable(Unavailable):
    code = "model_unavailable"
    message = "The model is starting or resting. Please try again in a moment."


class ShuttingDown(Unavailable):
    code = "shutting_down"
    message = "We are restarting. Your text is safe; we are back in a moment."


class Internal(Unavailable):
    code, status = "internal", 500
