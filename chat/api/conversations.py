"""`conversations/`: list, search, make, read, change, delete, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asgiref.sync import async_to_sync
from rest_framework.response import Response

from chat.api import docs
from chat.api.base import ApiView, found, listed_body
from chat.inputs import ConversationInput, SearchInput, parse
from chat.models import Conversation
from chat.perform import publish
from chat.searching import MAX_QUERY, Wanted, snippets
from chat.services import conversations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from rest_framework.request import Request

    from chat.events import Event

NEWEST_FIRST = ("-updated_at", "-id")


def _publish(events: tuple[Event, ...]) -> None:
    async_to_sync(publish)(events)


def _wanted(query: dict[str, str]) -> Wanted:
    given = parse(SearchInput, query | {"q": query.get("q", "").replace("\x00", "")})
    text = given.pop("q").strip()[:MAX_QUERY]
    return Wanted(text, **given)


class ConversationList(ApiView):
    @docs.conversations_list
    def get(self, request: Request) -> Response:
        wanted = _wanted(self.asked())
        rows = Conversation.objects.for_user(self.person).wanted(wanted)

        def show(page: Sequence[Conversation]) -> list[dict[str, Any]]:
            found_in = snippets(page, wanted.text) if wanted.text else {}
            return [
                listed_body(row)
                | ({"snippet": found_in[row.id]} if row.id in found_in else {})
                for row in page
            ]

        return self.paged(rows, NEWEST_FIRST, show)

    @docs.conversations_create
    def post(self, request: Request) -> Response:
        given = parse(ConversationInput, request.data)
        conversation, events = conversations.create_conversation(
            session_key=self.session_key,
            title=given.get("title", "New conversation"),
            classifiers=given.get("classifiers"),
        )
        _publish(events)
        where = {"Location": f"{request.path}{conversation.id}/"}
        return Response(listed_body(conversation), 201, headers=where)


class ConversationDetail(ApiView):
    @docs.conversations_read
    def get(self, request: Request, pk: UUID) -> Response:
        owned = Conversation.objects.for_user(self.person)
        return Response(listed_body(found(owned.filter(pk=pk))))

    @docs.conversations_update
    def patch(self, request: Request, pk: UUID) -> Response:
        given = parse(ConversationInput, request.data)
        conversation, events = conversations.update_conversation(
            session_key=self.session_key,
            conversation_id=pk,
            title=given.get("title"),
            classifiers=given.get("classifiers"),
        )
        _publish(events)
        return Response(listed_body(conversation))

    @docs.conversations_delete
    def delete(self, request: Request, pk: UUID) -> Response:
        _publish(
            conversations.delete_conversation(
                session_key=self.session_key, conversation_id=pk
            )
        )
        return Response(status=204)


class ConversationRestore(ApiView):
    @docs.conversations_restore
    def post(self, request: Request, pk: UUID) -> Response:
        conversation, events = conversations.restore_conversation(
            session_key=self.session_key, conversation_id=pk
        )
        _publish(events)
        return Response(listed_body(conversation))
