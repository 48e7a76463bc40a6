"""Who asks: an app by `X-Session-Token`, else a browser by its cookie and CSRF token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication, SessionAuthentication

from chat.sessions import authenticate

if TYPE_CHECKING:
    from rest_framework.request import Request

    from chat.models import User

SCHEME = "X-Session-Token"


class TokenAuthentication(BaseAuthentication):
    """The token that sign-in for apps gave; with one, cookies are ignored.

    `request.auth` is the token. Raises Unauthenticated where its session is over.
    """

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        token = request.headers.get(SCHEME, "")
        return (authenticate(token), token) if token else None

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class CookieAuthentication(SessionAuthentication):
    """Django's own session, with its CSRF check for whatever changes something."""

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


def session_key_of(request: Request) -> str | None:
    """The key of the session behind a request that may have come either way."""
    auth: Any = request.auth
    return auth if isinstance(auth, str) else request.session.session_key
