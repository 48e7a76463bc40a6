"""How every list of the admin behaves: read-only, by ids and people, at any size."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.db.models import Q
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from chat.models import Message, User

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

MAX_PEOPLE = 100  # whose address matches a search


class ReadOnlyAdmin(ModelAdmin):
    show_full_result_count = False
    list_per_page = 50
    actions: ClassVar[tuple[str, ...]] = ()
    own_lookups: ClassVar[frozenset[str]] = frozenset()  # of filters that are classes

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter only as `list_filter` does.

        By default `?text__icontains=` would say what is in a text that is not shown.
        """
        return lookup.split("__")[0] in self.list_filter or lookup in self.own_lookups

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


class LongListAdmin(ReadOnlyAdmin):
    """A list of a million rows: never counted, and searched only through indexes.

    A search is an id, looked up in `uuid_lookups`, or a part of an e-mail address,
    whose people `person_lookup` leads to.
    """

    paginator = InfinitePaginator
    list_disable_select_all = True
    sortable_by = ()  # another order would have to sort the whole table
    search_help_text = "An id, or a part of an e-mail address"
    uuid_lookups: ClassVar[tuple[str, ...]] = ()
    person_lookup = ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.replace("\x00", "").strip()
        if not term:
            return queryset, False
        if (found := as_uuid(term)) is not None:
            ids = (id_is(lookup, found) for lookup in self.uuid_lookups)
            return queryset.filter(reduce(or_, ids)), False
        return self.search_words(request, queryset, term), False

    def search_words(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> QuerySet[Any]:
        if not self.person_lookup:
            return queryset.none()
        return queryset.filter(**{f"{self.person_lookup}__in": people_of(words)})


def id_is(lookup: str, found: UUID) -> Q:
    """That the row, or the message it is about, has this id.

    The message is looked up first: no index serves an "or" across two tables.
    """
    if not lookup.endswith("message__uuid"):
        return Q(**{lookup: found})
    keys = Message.objects.filter(uuid=found).values_list("key", flat=True)
    return Q(message__in=list(keys))


def people_of(words: str) -> list[int]:
    """The ids of people whose address contains the words; at most MAX_PEOPLE."""
    found = User.objects.filter(email__icontains=words[:254]).order_by("pk")
    return list(found.values_list("pk", flat=True)[:MAX_PEOPLE])


def as_uuid(term: str) -> UUID | None:
    try:
        return UUID(term)
    except ValueError:
        return None
