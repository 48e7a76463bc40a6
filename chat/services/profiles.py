"""What a person is called, looks like, starts a conversation with and allows."""

from __future__ import annotations

from django.db import transaction

from chat import classifiers as choice
from chat.models import User
from chat.services import ranking, reviewed_sets
from chat.sessions import authenticate


def set_name(*, user: User, name: str) -> None:
    """Store a name that `chat.accounts.names.clean_name` returned."""
    user.display_name = name
    user.save(update_fields=["display_name"])


@transaction.atomic
def update_profile(
    *, session_key: str | None, name: str | None, classifiers: list[str] | None
) -> User:
    """Store a cleaned name, a choice for new conversations; None leaves it as it is.

    An empty choice takes it back. Raises Unauthenticated, UnknownClassifier.
    """
    user = authenticate(session_key)
    if name is not None:
        user.display_name = name
    if classifiers is not None:
        user.default_classifiers = (
            choice.check_choice(classifiers) if classifiers else []
        )
    user.save(update_fields=["display_name", "default_classifiers"])
    return user


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


@transaction.atomic
def set_picture(*, session_key: str | None, url: str) -> tuple[User, str]:
    """Set the address of the person's picture, or "" for none; return the old one too."""
    user = authenticate(session_key)
    user = User.objects.select_for_update().get(pk=user.pk)
    before, user.avatar_url = user.avatar_url, url
    user.save(update_fields=["avatar_url"])
    return user, before
