"""Saying early that an address will go: `Deprecation` (RFC 9745), `Sunset` (RFC 8594).

Nothing of `/api/v1/` is going. When something does, its view gets a line in GOING, its
operation is marked in the schema, and apps that look at the headers can warn their makers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.http import http_date

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Going:
    """Since when it should not be used, when it will be gone, and what is told of it."""

    since: datetime
    sunset: datetime
    link: str


GOING: dict[str, Going] = {}


def deprecation_headers(view: type) -> dict[str, str]:
    going = GOING.get(view.__name__)
    if going is None:
        return {}
    return {
        "Deprecation": f"@{int(going.since.timestamp())}",
        "Sunset": http_date(going.sunset.timestamp()),
        "Link": f'<{going.link}>; rel="deprecation"',
    }
