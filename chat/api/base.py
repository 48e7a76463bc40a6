"""What all REST views have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from asgiref.sync import async_to_sync
from django.db import connection
from django.db.models import Model
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api.authentication import session_key_of
from chat.api.deprecations import deprecation_headers
from chat.api.later import hand_over
from chat.errors import BadRequest, NotFound
from chat.events import conversation_body
from chat.inputs import MAX_PAGE_SIZE, PageInput, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from django.db.models import QuerySet
    from rest_framework.request import Request

    from chat.api.later import Job
    from chat.models import Conversation, User

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
R = TypeVar("R")

PAGE_SIZE = 50


class ApiView(APIView):
    """A view of somebody who is signed in; each handler parses, makes one call, answers."""

    request: Request

    @property
    def person(self) -> User:
        """Whoever asks; the default permission lets nobody in who is not signed in."""
        return cast("User", self.request.user)

    @property
    def session_key(self) -> str | None:
        return session_key_of(self.request)

    @property
    def default_response_headers(self) -> dict[str, str]:
        return super().default_response_headers | deprecation_headers(type(self))

    @property
    def fields(self) -> dict[str, Any]:
        """The body's fields; raises BadRequest where it is no object."""
        data: object = self.request.data
        if not isinstance(data, dict):
            raise BadRequest
        return data

    def run(
        self, action: Callable[P, Coroutine[Any, Any, R]], *args: P.args, **kw: P.kwargs
    ) -> R:
        """Run what a person does on the event loop, and wait for it here.

        It takes a database connection of its own: ours goes back first, or a crowd of
        requests that each hold one would all wait for a second.
        """
        if not connection.in_atomic_block:
            connection.close()
        return async_to_sync(action)(*args, **kw)

    def later(self, job: Job) -> Response:
        """Answer with the body that the job returns, and hold no thread meanwhile."""
        if hand_over(self.request._request, job):
            return Response({})
        return Response(self.run(job))

    def asked(self) -> dict[str, str]:
        """Return the query's parameters; one that is given twice is a BadRequest."""
        given = dict(self.request.query_params.lists())
        for name, values in given.items():
            if len(values) > 1:
                raise BadRequest(f"{name}: Give it once.")
        return {name: values[0] for name, values in given.items()}

    def paged(
        self,
        rows: QuerySet[Any],
        ordering: tuple[str, ...],
        show: Callable[[Sequence[Any]], list[dict[str, Any]]],
    ) -> Response:
        """Answer with one page of the rows, as `show` makes bodies of them."""
        parse(PageInput, self.asked())
        pages = Pages()
        pages.ordering = ordering
        page = pages.paginate_queryset(rows, self.request, view=self) or []
        return pages.get_paginated_response(show(page))


class Pages(CursorPagination):
    """By cursor: what arrives meanwhile neither repeats nor hides a row."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE


def listed_body(conversation: Conversation) -> dict[str, Any]:
    return conversation_body(conversation) | {
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
    }


def found(rows: QuerySet[M]) -> M:
    """The one row of a query that starts at its owner, or NotFound."""
    row = rows.first()
    if row is None:
        raise NotFound
    return row
