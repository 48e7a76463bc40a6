"""What can go wrong in the engine.

InferenceError
├── EngineBusy          the bounded queue is full; carries retry_after_s
├── EngineLost          the host died, hung or is restarting; the request may be sent again
├── ModelUnavailable    this model is not trained, not loadable, or failed on this batch
├── DeadlineExceeded    the request waited longer in the queue than it may
├── BadRequest          no such label or method for this classifier, a number out of bounds
├── RequestCancelled    `cancel` ended it
└── ModelFileError      a weights folder is incomplete, altered or not ours (loading only)
"""

from __future__ import annotations


class InferenceError(Exception):
    """Base of all engine errors; `code` travels between processes."""

    code = "internal"


class EngineBusy(InferenceError):
    code = "overloaded"

    def __init__(self, message: str = "The queue is full.", retry_after_s: float = 1.0):
        super().__init__(message)
        self.retry_after_s = retry_after_s


class EngineLost(InferenceError):
    code = "engine_lost"


class ModelUnavailable(InferenceError):
    code = "model_unavailable"


class DeadlineExceeded(InferenceError):
    code = "deadline"


class BadRequest(InferenceError):
    code = "bad_request"


class RequestCancelled(InferenceError):
    code = "cancelled"


class ModelFileError(InferenceError):
    code = "model_unavailable"
