"""Who may open a socket: the session behind it, and the page it comes from."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

if TYPE_CHECKING:
    from collections.abc import Mapping


def header(scope: Mapping[str, Any], name: bytes) -> str:
    for key, value in scope.get("headers", ()):
        if key == name:
            return bytes(value).decode("latin1")
    return ""


def session_key(scope: Mapping[str, Any]) -> str | None:
    """A native app's token, else the browser's cookie."""
    return header(scope, b"x-session-token") or _cookie(scope)


def _cookie(scope: Mapping[str, Any]) -> str | None:
    try:
        jar = SimpleCookie(header(scope, b"cookie"))
    except CookieError:
        return None
    morsel = jar.get(settings.SESSION_COOKIE_NAME)
    return morsel.value if morsel else None


def is_allowed(scope: Mapping[str, Any]) -> bool:
    """Whether the handshake comes from our own page, or from an app with a token.

    A browser sends the cookie from any site, so with a cookie the Origin must be
    exactly ours: same scheme, host and port (channels' own validator lets another
    port pass). A token cannot be set by a page, so it needs no Origin.
    """
    if header(scope, b"x-session-token"):
        return True
    origin = header(scope, b"origin")
    return origin in settings.CSRF_TRUSTED_ORIGINS or origin == _own_origin(scope)


def _own_origin(scope: Mapping[str, Any]) -> str | None:
    host = header(scope, b"host")
    name = urlsplit(f"//{host}").hostname or ""
    bracketed = f"[{name}]" if ":" in name else name
    if not validate_host(bracketed, settings.ALLOWED_HOSTS):
        return None
    return f"{_scheme(scope)}://{host}"


def _scheme(scope: Mapping[str, Any]) -> str:
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        return header(scope, b"x-forwarded-proto") or "http"
    return "https" if scope.get("scheme") == "wss" else "http"
