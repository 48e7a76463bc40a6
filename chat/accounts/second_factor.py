"""Whether people may have a second step at sign-in, and whether one has it.

The step itself is allauth's: `allauth.mfa`, installed where EMOCHAT_MFA is on. Nothing
here imports it, so that all of this may be asked where it is off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from chat.models import User


def is_offered() -> bool:
    return bool(settings.EMOCHAT_MFA)


def authenticators() -> QuerySet[Any]:
    """Everybody's apps and recovery codes; only where it is offered."""
    rows: QuerySet[Any] = (
        apps.get_app_config("mfa").get_model("authenticator")._default_manager.all()
    )
    return rows


def authenticators_of(user: User) -> QuerySet[Any]:
    return authenticators().filter(user=user).order_by("type")


def state_of(user: User) -> bool | None:
    """Whether the person's sign-in asks for a code; None where it is not offered."""
    if not is_offered():
        return None
    return authenticators_of(user).filter(type="totp").exists()
