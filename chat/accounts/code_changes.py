"""What follows when a person turns the second step on or off.

Loaded only where EMOCHAT_MFA is on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.signals import authenticator_added, authenticator_removed
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.dispatch import receiver

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest

    from chat.models import User


@receiver([authenticator_added, authenticator_removed])
def _sign_out_elsewhere(
    request: HttpRequest, user: User, authenticator: Model, **_: Any
) -> None:
    """As with a new password: who is signed in elsewhere signs in anew."""
    if getattr(authenticator, "type", None) != "totp":
        return
    all_of_them = UserSession.objects.filter(user=user)
    others = all_of_them.exclude(session_key=request.session.session_key)
    get_adapter().end_sessions(others)
