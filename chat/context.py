"""What every template may say about the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


def product(request: HttpRequest) -> dict[str, object]:
    return {"has_google": bool(settings.GOOGLE_CLIENT_ID), "is_debug": settings.DEBUG}
