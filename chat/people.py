"""The person: `User`, who signs in with an e-mail address."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes people who sign in with their e-mail address."""

    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )


class User(AbstractUser):
    """A person. The e-mail signs in; `display_name` is empty until they told us."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)
    display_name = models.CharField(_("name"), max_length=60, blank=True)
    avatar_url = models.CharField(_("picture"), max_length=200, blank=True)
    # Off until they say so themselves: staff may label their messages for training.
    has_training_consent = models.BooleanField(default=False)
    # What a new conversation starts with; empty: the first that is offered.
    default_classifiers = ArrayField(
        models.CharField(max_length=40), size=5, default=list, blank=True
    )
    # The theoretical arrival time of the generic cell rate algorithm (ATM Forum
    # TM 4.0): one column is the whole bucket, shared by every door.
    sends_full_at = models.DateTimeField(null=True, editable=False)
    # Another bucket, so that whoever looks at many explanations can still write.
    explains_full_at = models.DateTimeField(null=True, editable=False)
    # Another one, so that whoever has thousands of texts read can still write.
    readings_full_at = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.display_name or self.email

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name
