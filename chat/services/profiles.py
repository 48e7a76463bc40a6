"""What a person is called and looks like."""

from __future__ import annotations

from chat.models import User


def set_name(*, user: User, name: str) -> None:
    """Store a name that `chat.accounts.names.clean_name` returned."""
    user.display_name = name
    user.save(update_fields=["display_name"])


def set_first_picture(*, user_id: int, url: str) -> bool:
    """Give the person a picture, unless they have one; say whether it was set."""
    people = User.objects.filter(pk=user_id, avatar_url="")
    return people.update(avatar_url=url) == 1
