"""What goes over the helper's socket: frames of length-prefixed msgpack, no pickle.

A frame is a four-byte length and one of the dataclasses below, as a map with its class
name under "_". Client to helper: requests, `Cancel`, `Bye`. Helper to client: `Loading`
until it is warm (or `LoadingFailed`), then `Update`; `Farewell` answers `Bye`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import msgpack

from inference.errors import InferenceError
from inference.types import (
    Classified,
    ClassifyRequest,
    Delta,
    EngineStats,
    Event,
    Explained,
    ExplainRequest,
    Failed,
    Finished,
    GenerateRequest,
    Histogram,
    HistoryTurn,
    WordWeight,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

PROTOCOL = 3  # part of the socket's name: another version's helper is not ours
HEADER = struct.Struct(">I")
MAX_FRAME_BYTES = 4 * 2**20


class WireError(InferenceError):
    """The other side sent what is no frame of ours; the connection is of no more use."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """End this request."""

    id: str


@dataclass(frozen=True, slots=True)
class Bye:
    """This client leaves; a helper without any other client ends."""


@dataclass(frozen=True, slots=True)
class Loading:
    """The helper is not ready yet; `text` says what it is doing."""

    text: str


@dataclass(frozen=True, slots=True)
class LoadingFailed:
    """The helper cannot start, and ends."""

    message: str


@dataclass(frozen=True, slots=True)
class Update:
    """One tick's events for this client, or a heartbeat without any."""

    events: tuple[Event, ...] = ()
    stats: EngineStats | None = None


@dataclass(frozen=True, slots=True)
class Farewell:
    """The answer to `Bye`: whether the helper ends now, or stays for others."""

    is_ending: bool


Frame = (
    ClassifyRequest
    | ExplainRequest
    | GenerateRequest
    | Cancel
    | Bye
    | Loading
    | LoadingFailed
    | Update
    | Farewell
)
_PARTS = (
    Classified,
    Delta,
    EngineStats,
    Explained,
    Failed,
    Finished,
    Histogram,
    HistoryTurn,
    WordWeight,
)
_CLASSES: dict[str, Any] = {cls.__name__: cls for cls in (*Frame.__args__, *_PARTS)}


def pack(frame: Frame) -> bytes:
    """Return the frame's bytes. A lone surrogate in a text becomes a question mark."""
    body: bytes = msgpack.packb(frame, default=_to_map, unicode_errors="replace")
    if len(body) > MAX_FRAME_BYTES:
        raise WireError(f"A frame of {len(body)} bytes is too big.")
    return HEADER.pack(len(body)) + body


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[Frame]:
        """Take some bytes; yield the frames that are now complete, or raise WireError."""
        self._buffer += chunk
        while (body := self._next_body()) is not None:
            yield _unpack(body)

    def _next_body(self) -> bytes | None:
        if len(self._buffer) < HEADER.size:
            return None
        (length,) = HEADER.unpack_from(self._buffer)
        if length > MAX_FRAME_BYTES:
            raise WireError(f"A frame of {length} bytes is too big.")
        end = HEADER.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[HEADER.size : end])
        del self._buffer[:end]
        return body


def _unpack(body: bytes) -> Frame:
    try:
        frame = msgpack.unpackb(body, object_hook=_from_map, use_list=False)
    except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
        raise WireError("This is no frame.") from error
    if not isinstance(frame, Frame):
        raise WireError("This is no frame.")
    return frame


def _to_map(value: Any) -> dict[str, Any]:
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} cannot be sent.")
    values = {field.name: getattr(value, field.name) for field in fields(value)}
    return {"_": type(value).__name__, **values}


def _from_map(values: dict[str, Any]) -> Any:
    name = values.pop("_", None)
    return values if name is None else _CLASSES[name](**values)
