"""Reading a JSON body, no longer than we are willing to hold."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any

from rest_framework.parsers import BaseParser, JSONParser

from chat.accounts import avatars
from chat.errors import BodyTooBig

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BODY_BYTES = 4 * 1024 * 1024


class BoundedJSONParser(JSONParser):
    """As DRF's, which reads past DATA_UPLOAD_MAX_MEMORY_SIZE; raises BodyTooBig (413)."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = io.BytesIO(read_bounded(stream))
        return super().parse(body, media_type, parser_context)


def read_bounded(stream: IO[Any], limit: int = MAX_BODY_BYTES) -> bytes:
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise BodyTooBig
    return body


class BytesParser(BaseParser):
    """The body is the picture itself; as many bytes as a picture may have."""

    media_type = "application/octet-stream"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return read_bounded(stream, avatars.MAX_BYTES)


class ImageParser(BytesParser):
    media_type = "image/*"
