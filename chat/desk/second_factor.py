"""The filter of people by two-factor sign-in: which of the staff have it not yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, OuterRef

from chat.accounts.second_factor import authenticators, is_offered

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from chat.models import User


class SecondFactorFilter(SimpleListFilter):
    title = "two-factor sign-in"
    parameter_name = "second_factor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("on", "On"), ("off", "Off")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> QuerySet[User]:
        if self.value() not in ("on", "off"):
            return queryset
        has_it = Exists(authenticators().filter(user=OuterRef("pk"), type="totp"))
        return queryset.filter(has_it if self.value() == "on" else ~has_it)


FILTERS = (SecondFactorFilter,) if is_offered() else ()
LOOKUPS = frozenset({"second_factor"} if is_offered() else ())
