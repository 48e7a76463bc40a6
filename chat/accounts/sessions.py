"""Ending a session from the list of one's sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.usersessions.adapter import DefaultUserSessionsAdapter

from chat.sessions import close_sockets, session_group

if TYPE_CHECKING:
    from collections.abc import Iterable

    from allauth.usersessions.models import UserSession


class SessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """Delete them, then close what is open under them: sockets and event streams."""
        for session in sessions:
            session.end()
            close_sockets(session_group(session.session_key))
