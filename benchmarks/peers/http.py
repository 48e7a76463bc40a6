"""What goes over HTTP to the peers that are servers themselves: one JSON object a request."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from inference.types import GenerateRequest, HistoryTurn


def fields_of(request: GenerateRequest) -> dict[str, Any]:
    return asdict(request)


def request_of(fields: dict[str, Any]) -> GenerateRequest:
    turns = tuple(HistoryTurn(**turn) for turn in fields["history"])
    return GenerateRequest(**fields | {"history": turns, "heard": ()})
