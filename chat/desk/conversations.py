"""Conversations for staff: a list without any text, and the way to a transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.backends import ModelBackend
from django.db.models import Count
from django.urls import path
from django.utils.translation import ngettext
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget

from chat.desk import filters
from chat.desk.lists import LongListAdmin
from chat.desk.pages import staff_of
from chat.desk.spreadsheet import download
from chat.desk.transcript import read
from chat.errors import BadRequest
from chat.models import Conversation, Message, User
from chat.searching import query
from chat.services import access, triage

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

N_FEW = 2_000
CSV_HEAD = (
    "conversation",
    "person",
    "name",
    "messages",
    "classifiers",
    "created",
    "updated",
    "flagged",
    "assigned to",
)


def readers() -> QuerySet[User]:
    """Active staff who may read conversations."""
    found: QuerySet[User] = ModelBackend().with_perm("chat.read_conversation")
    return found.filter(is_staff=True).order_by("email")


class ChosenAction(ActionForm):
    """The action, and for "Assign" to whom; nobody takes it from whoever had it."""

    assignee = forms.ModelChoiceField(
        queryset=User.objects.none(),
        required=False,
        label="",
        empty_label="Nobody",
        widget=UnfoldAdminSelectWidget(
            {"aria-label": "Assign to", "x-show": "action == 'assign'"}
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = readers()


class ConversationAdmin(LongListAdmin):
    list_display = (
        "id",
        "user",
        "classifiers",
        "last_seq",
        "updated_at",
        "deleted_at",
        "is_flagged",
        "assignee",
    )
    list_select_related = ("user", "triage__assignee")
    list_filter = (
        ("updated_at", filters.DayFilter),
        filters.EmotionFilter,
        filters.ClassifierFilter,
        filters.ScoreFilter,
        filters.CorrectedFilter,
        filters.FlaggedFilter,
        filters.ReviewedFilter,
        filters.AssignedFilter,
        filters.PersonFilter,
    )
    own_lookups = filters.LOOKUPS
    list_filter_submit = True
    search_fields = ("id",)
    search_help_text = "An id, an e-mail address, or words that were written"
    uuid_lookups = ("pk",)
    person_lookup = "user"
    ordering = ("-updated_at", "-id")
    action_form = ChosenAction
    actions = ("flag", "unflag", "assign", "export_csv")
    change_form_outer_before_template = "admin/desk/read_link.html"
    fields = (
        "id",
        "user",
        "classifiers",
        "last_seq",
        "created_at",
        "updated_at",
        "deleted_at",
    )

    @admin.display(description="flag")
    def is_flagged(self, row: Conversation) -> str:
        return "flagged" if hasattr(row, "triage") and row.triage.is_flagged else ""

    @admin.display(description="assigned to")
    def assignee(self, row: Conversation) -> str:
        return str(row.triage.assignee or "") if hasattr(row, "triage") else ""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(read)
        own = path("<uuid:conversation_id>/read/", view, name="chat_conversation_read")
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    def search_words(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> QuerySet[Any]:
        """An address where there is an @; else words that were written.

        The latter is reading of a kind: it needs the permission and is recorded first.
        """
        if "@" in words or not request.user.has_perm("chat.read_conversation"):
            return super().search_words(request, queryset, words)
        access.record_search(staff=staff_of(request), words=words)
        return queryset.filter(pk__in=containing(words), deleted_at=None)

    def has_triage_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat.triage_conversation")

    @admin.action(description="Flag", permissions=["triage"])
    def flag(self, request: HttpRequest, rows: QuerySet[Conversation]) -> None:
        n = triage.flag(conversations=_ids(rows), is_flagged=True)
        self._tell(request, n, "Flagged")

    @admin.action(description="Remove the flag", permissions=["triage"])
    def unflag(self, request: HttpRequest, rows: QuerySet[Conversation]) -> None:
        n = triage.flag(conversations=_ids(rows), is_flagged=False)
        self._tell(request, n, "Removed the flag from")

    @admin.action(description="Assign", permissions=["triage"])
    def assign(self, request: HttpRequest, rows: QuerySet[Conversation]) -> None:
        chosen = request.POST.get("assignee", "")
        assignee = readers().filter(pk=chosen).first() if chosen.isdecimal() else None
        try:
            n = triage.assign(conversations=_ids(rows), assignee=assignee)
        except BadRequest as error:
            self.message_user(request, error.message, messages.ERROR)
        else:
            self._tell(request, n, f"Assigned to {assignee or 'nobody'}:")

    @admin.action(description="Export as CSV (no texts)", permissions=["view"])
    def export_csv(
        self, request: HttpRequest, rows: QuerySet[Conversation]
    ) -> HttpResponse:
        counted = rows.annotate(n_messages=Count("messages", distinct=True))
        return download("conversations.csv", CSV_HEAD, map(_csv_row, counted))

    def _tell(self, request: HttpRequest, n: int, done: str) -> None:
        told = ngettext("%(n)d conversation.", "%(n)d conversations.", n) % {"n": n}
        self.message_user(request, f"{done} {told}")


def containing(words: str) -> QuerySet[Any] | list[UUID]:
    """The conversations in which a person wrote these words, ready for `__in`.

    Few are named one by one: for what is rare, or nowhere, PostgreSQL would go through
    all conversations, the latest first, and find no page of them.
    """
    said = Message.objects.filter(words=query(words)).order_by()
    few = list(said.values_list("conversation", flat=True)[: N_FEW + 1])
    return few if len(few) <= N_FEW else said.values("conversation")


def _ids(rows: QuerySet[Conversation]) -> list[Any]:
    return list(rows.values_list("pk", flat=True))


def _csv_row(row: Any) -> tuple[Any, ...]:
    noted = getattr(row, "triage", None)
    return (
        row.pk,
        row.user.email,
        row.user.display_name,
        row.n_messages,
        " ".join(row.classifiers),
        row.created_at.isoformat(),
        row.updated_at.isoformat(),
        "yes" if noted and noted.is_flagged else "no",
        noted.assignee.email if noted and noted.assignee else "",
    )
