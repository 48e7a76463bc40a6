"""Reading a client's frame."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from chat.errors import BadRequest, ChatError, TooLong

MAX_FRAME_BYTES = 64 * 1024
MAX_REQUEST_LENGTH = 200


class FrameError(Exception):
    """A frame that cannot be read; `error` is the answer, `request` what it named."""

    def __init__(self, error: ChatError, request: str | None = None) -> None:
        super().__init__(error.code)
        self.error = error
        self.request = request


@dataclass(frozen=True, slots=True)
class Frame:
    """A client's command: its type, the `request` to repeat, and its fields."""

    type: str
    request: str | None
    data: dict[str, Any] = field(default_factory=dict)


def parse_frame(text: str | None) -> Frame:
    """Read a text frame (None for a binary one); raises FrameError, and nothing else."""
    if text is None:
        raise FrameError(BadRequest("Frames are JSON text."))
    if (
        len(text) > MAX_FRAME_BYTES
        or len(text.encode(errors="replace")) > MAX_FRAME_BYTES
    ):
        raise FrameError(TooLong("A frame has at most 64 KiB."))
    body = _load(text)
    request = body.pop("request", None)
    if request is not None and not _is_name(request):
        raise FrameError(BadRequest("`request` is a short string."))
    kind = body.pop("type", None)
    if not isinstance(kind, str):
        raise FrameError(BadRequest("A frame needs a `type`."), request)
    return Frame(kind, request, body)


def _is_name(value: object) -> bool:
    if not isinstance(value, str) or len(value) > MAX_REQUEST_LENGTH:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _load(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(BadRequest("This is not JSON.")) from error
    if not isinstance(body, dict):
        raise FrameError(BadRequest("A frame is a JSON object."))
    return body
