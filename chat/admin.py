"""The admin: staff see who, when and how fast; nothing is written here but is_active.

What people wrote, and what was replied, is private: no list and no page of the admin
shows it. Signing in goes through allauth, with its rate limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import ngettext
from django.views.generic import RedirectView
from unfold.admin import ModelAdmin

from chat import models
from chat.services.people import set_active

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

# Who may sign in, and how, is not to be edited by hand.
for model in (EmailAddress, SocialAccount, SocialApp, SocialToken, Group, UserSession):
    admin.site.unregister(model)

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# allauth's page counts attempts and closes the person's open sockets.
admin.site.password_change = RedirectView.as_view(  # type: ignore[method-assign, assignment]
    pattern_name="account_change_password"
)


class ReadOnlyAdmin(ModelAdmin):
    show_full_result_count = False
    list_per_page = 50
    actions: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter only as `list_filter` does.

        By default `?text__icontains=` would say what is in a text that is not shown.
        """
        return lookup.split("__")[0] in self.list_filter

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False


@admin.register(models.User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("email", "display_name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
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


@admin.register(models.Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ("id", "user", "classifiers", "last_seq", "updated_at", "deleted_at")
    list_select_related = ("user",)
    search_fields = ("=id", "user__email")
    ordering = ("-updated_at",)
    fields = (
        "id",
        "user",
        "classifiers",
        "last_seq",
        "created_at",
        "updated_at",
        "deleted_at",
    )


@admin.register(models.Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ("uuid", "user", "conversation", "seq", "classifiers", "created_at")
    list_select_related = ("user", "conversation")
    search_fields = ("=uuid", "=conversation__id", "user__email")
    ordering = ("-pk",)
    fields = ("uuid", "user", "conversation", "seq", "rev", "classifiers", "created_at")


@admin.register(models.Reply)
class ReplyAdmin(ReadOnlyAdmin):
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
    search_fields = ("=id", "=conversation__id")
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
class ClassificationAdmin(ReadOnlyAdmin):
    list_display = ("message", "classifier", "label", "model_version", "duration_ms")
    list_select_related = ("message",)
    search_fields = ("=message__uuid",)
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
class FeedbackAdmin(ReadOnlyAdmin):
    list_display = ("reply", "value")
    list_select_related = ("reply",)
    search_fields = ("=reply__id",)
    ordering = ("-pk",)
    fields = ("reply", "value")


@admin.register(models.Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ("message", "user", "label")
    list_select_related = ("message", "user")
    search_fields = ("=message__uuid", "user__email")
    ordering = ("-pk",)
    fields = ("message", "user", "label")


@admin.register(models.Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = ("message", "reviewer", "verdict", "label")
    list_filter = ("verdict",)
    list_select_related = ("message", "reviewer")
    search_fields = ("=message__uuid", "reviewer__email")
    ordering = ("-pk",)
    fields = ("message", "reviewer", "verdict", "label", "note")


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
