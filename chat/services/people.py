"""Letting a person in or out, and making the accounts of a first run."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from chat.events import person_group
from chat.models import User
from chat.sessions import close_sockets


@transaction.atomic
def create_account(
    *, email: str, password: str, display_name: str, is_staff: bool = False
) -> User:
    """Make a person whose address counts as verified, or give them the new password."""
    user = User.objects.filter(email=email).first() or User(email=email)
    user.display_name = display_name
    user.is_staff = user.is_superuser = is_staff
    user.set_password(password)
    user.save()
    EmailAddress.objects.update_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    return user


def set_active(*, user: User, is_active: bool) -> None:
    """Allow or forbid signing in; forbidding closes the person's sockets at once."""
    User.objects.filter(pk=user.pk).update(is_active=is_active)
    if not is_active:
        close_sockets(person_group(user.pk))
