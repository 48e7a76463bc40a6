"""Who is staff, and in which group: given in a terminal, never on a page."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction

from chat.errors import NotFound
from chat.models import User

GROUPS = ("reviewer", "support")


@transaction.atomic
def set_group(*, email: str, group: str | None) -> User:
    """Make the person staff of this one group, or of none; raises NotFound.

    A superuser stays one: that is taken back where it was given.
    """
    user = User.objects.select_for_update().filter(email__iexact=email).first()
    if user is None:
        raise NotFound(f"Nobody has the address {email}.")
    user.groups.set(Group.objects.filter(name=group) if group else [])
    user.is_staff = bool(group) or user.is_superuser
    user.save(update_fields=["is_staff"])
    return user
