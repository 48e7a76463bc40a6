"""The admin: lists of who, when and how fast, and what staff may do (`chat.desk`).

What people wrote, and what was replied, is private: no list shows it, and the pages that
do ask for a reason and record it first. Signing in goes through allauth, with its rate
limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from chat import models
from chat.accounts.second_factor import authenticators, is_offered
from chat.desk import second_factor
from chat.desk.conversations import ConversationAdmin
from chat.desk.lists import LongListAdmin, ReadOnlyAdmin
from chat.desk.reviews import ReviewAdmin
from chat.services.people import set_active

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

# Who may sign in, and how, is not to be edited by hand.
for model in (EmailAddress, SocialAccount, SocialApp, SocialToken, Group, UserSession):
    admin.site.unregister(model)
if is_offered():
    admin.site.unregister(authenticators().model)  # it holds secrets

# No POST: signed-in staff could try other people's passwords there, past all limits.
admin.site.login = require_safe(  # type: ignore[method-assign]
    secure_admin_login(admin.site.login)
)
# allauth's page counts attempts and closes the person's open sockets.
admin.site.password_change = RedirectView.as_view(  # type: ignore[method-assign, assignment]
    pattern_name="account_change_password"
)


@admin.register(models.User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("email", "display_name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", *second_factor.FILTERS)
    own_lookups = second_factor.LOOKUPS
    search_fields = ("email", "display_name")
    ordering = ("-pk",)
    fields = (
        "email",
        "display_name",
        "is_active",
        "is_staff",
        "is_superuser",
        "date_joined",
        "last_login",
    )
    actions = ("deactivate", "reactivate")

    def has_activate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.change_user")

    @admin.action(description="Deactivate", permissions=["activate"])
    def deactivate(self, request: HttpRequest, people: QuerySet[models.User]) -> None:
        """Sign the people out everywhere and keep them out; never oneself."""
        self._set_active(request, people, is_active=False)

    @admin.action(description="Reactivate", permissions=["activate"])
    def reactivate(self, request: HttpRequest, people: QuerySet[models.User]) -> None:
        self._set_active(request, people, is_active=True)

    def _set_active(
        self, request: HttpRequest, people: QuerySet[models.User], *, is_active: bool
    ) -> None:
        actor = cast("models.User", request.user)
        others = people.exclude(pk=actor.pk).filter(is_active=not is_active)
        if not actor.is_superuser:
            others = others.filter(is_staff=False, is_superuser=False)
        done = "Reactivated" if is_active else "Deactivated"
        changed = list(others)
        for user in changed:
            set_active(user=user, is_active=is_active)
            self.log_change(request, user, f"{done}.")
        told = ngettext("%(n)d person.", "%(n)d people.", len(changed))
        self.message_user(request, f"{done} {told % {'n': len(changed)}}")


admin.site.register(models.Conversation, ConversationAdmin)
admin.site.register(models.Review, ReviewAdmin)


@admin.register(models.Message)
class MessageAdmin(LongListAdmin):
    list_display = ("uuid", "user", "conversation", "seq", "classifiers", "created_at")
    list_select_related = ("user", "conversation")
    search_fields = ("uuid",)
    uuid_lookups = ("uuid", "conversation")
    person_lookup = "user"
    ordering = ("-pk",)
    fields = ("uuid", "user", "conversation", "seq", "rev", "classifiers", "created_at")


@admin.register(models.Reply)
class ReplyAdmin(LongListAdmin):
    list_display = (
        "id",
        "conversation",
        "state",
        "finish_reason",
        "error_code",
        "attempt",
        "first_token_ms",
        "duration_ms",
        "created_at",
    )
    list_filter = ("state", "finish_reason")
    list_select_related = ("conversation",)
    search_fields = ("id",)
    search_help_text = "The id of a reply or of a conversation"
    uuid_lookups = ("pk", "conversation")
    ordering = ("-created_at",)
    fields = (
        "id",
        "conversation",
        "message",
        "ordinal",
        "queued_seq",
        "attempt",
        "state",
        "finish_reason",
        "error_code",
        "generator",
        "first_token_ms",
        "duration_ms",
        "lease_until",
        "deadline_at",
        "stop_requested_at",
        "created_at",
    )


@admin.register(models.Classification)
class ClassificationAdmin(LongListAdmin):
    list_display = ("message", "classifier", "label", "model_version", "duration_ms")
    list_select_related = ("message",)
    search_fields = ("id",)
    search_help_text = "The id of a message or of a conversation"
    uuid_lookups = ("message__uuid", "conversation")
    ordering = ("-pk",)
    fields = (
        "message",
        "classifier",
        "label",
        "scores",
        "model_version",
        "duration_ms",
    )


@admin.register(models.Feedback)
class FeedbackAdmin(LongListAdmin):
    list_display = ("reply", "value")
    list_select_related = ("reply",)
    search_fields = ("id",)
    search_help_text = "The id of a reply"
    uuid_lookups = ("reply",)
    ordering = ("-pk",)
    fields = ("reply", "value")


@admin.register(models.Correction)
class CorrectionAdmin(LongListAdmin):
    list_display = ("message", "user", "label")
    list_select_related = ("message", "user")
    search_fields = ("id",)
    uuid_lookups = ("message__uuid",)
    person_lookup = "user"
    ordering = ("-pk",)
    fields = ("message", "user", "label")


@admin.register(models.SafetyEvent)
class SafetyEventAdmin(ReadOnlyAdmin):
    """That danger was noticed, and when; there is no text to see."""

    list_display = ("at", "kind", "conversation", "message", "rules")
    list_filter = ("kind", "rules")
    search_fields = ("=conversation", "=message")
    ordering = ("-pk",)
    fields = ("at", "kind", "conversation", "message", "rules")


@admin.register(models.AccessRecord)
class AccessRecordAdmin(ReadOnlyAdmin):
    """Append-only: what is written here stays, for superusers too."""

    list_display = ("at", "staff", "conversation", "reason")
    search_fields = ("=conversation", "staff", "reason")
    ordering = ("-pk",)
    fields = ("at", "staff", "conversation", "reason")


@admin.register(models.SearchRecord)
class SearchRecordAdmin(ReadOnlyAdmin):
    """Append-only too. The words are not kept, only a digest that can be tested."""

    list_display = ("at", "staff", "digest")
    search_fields = ("=staff", "=digest")
    ordering = ("-pk",)
    fields = ("at", "staff", "digest")
