"""What a person is called and looks like, and what they allow."""

from __future__ import annotations

from django.db import transaction

from chat.models import User
from chat.services import ranking, reviewed_sets


def set_name(*, user: User, name: str) -> None:
    """Store a name that `chat.accounts.names.clean_name` returned."""
    user.display_name = name
    user.save(update_fields=["display_name"])


def set_first_picture(*, user_id: int, url: str) -> bool:
    """Give the person a picture, unless they have one; say whether it was set."""
    people = User.objects.filter(pk=user_id, avatar_url="")
    return people.update(avatar_url=url) == 1


@transaction.atomic
def set_training_consent(*, user: User, is_given: bool) -> None:
    """Put the person's messages into the review queue, or take them out again.

    Taken back, their lines also leave every data set that was exported.
    """
    User.objects.filter(pk=user.pk).update(has_training_consent=is_given)
    if is_given:
        ranking.rank_person(user)
    else:
        ranking.forget_person(user)
        reviewed_sets.forget_person(user=user)
