"""The part of `/api/v1/` that the chat page uses (the rest: DESIGN.md, REST)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from asgiref.sync import async_to_sync
from rest_framework.decorators import api_view
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import classifiers as choice
from chat.errors import NotFound
from chat.events import Event, conversation_body
from chat.inputs import ConversationInput, parse
from chat.models import Conversation
from chat.perform import publish
from chat.services import conversations

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from chat.models import User


class NewestFirst(CursorPagination):
    ordering = ("-updated_at", "-id")
    page_size = 50


def _body(conversation: Conversation) -> dict[str, Any]:
    return conversation_body(conversation) | {
        "created_at": conversation.created_at.isoformat(),
        "updated_at": conversation.updated_at.isoformat(),
    }


def _person(request: Request) -> User:
    """Whoever asks; the default permission lets nobody in who is not signed in."""
    return cast("User", request.user)


def _publish(events: tuple[Event, ...]) -> None:
    async_to_sync(publish)(events)


@api_view(["GET"])
def classifiers(request: Request) -> Response:
    return Response([choice.described(spec) for spec in choice.offered()])


class ConversationList(APIView):
    def get(self, request: Request) -> Response:
        rows = Conversation.objects.for_user(_person(request))
        if text := request.query_params.get("q", "").replace("\x00", "").strip():
            rows = rows.search(text)
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([_body(row) for row in page])

    def post(self, request: Request) -> Response:
        given = parse(ConversationInput, request.data)
        conversation, events = conversations.create_conversation(
            session_key=request.session.session_key,
            title=given.get("title", "New conversation"),
            classifiers=given.get("classifiers"),
        )
        _publish(events)
        return Response(_body(conversation), 201)


class ConversationDetail(APIView):
    def get(self, request: Request, pk: UUID) -> Response:
        row = Conversation.objects.for_user(_person(request)).filter(pk=pk).first()
        if row is None:
            raise NotFound
        return Response(_body(row))

    def patch(self, request: Request, pk: UUID) -> Response:
        given = parse(ConversationInput, request.data)
        conversation, events = conversations.update_conversation(
            session_key=request.session.session_key,
            conversation_id=pk,
            title=given.get("title"),
            classifiers=given.get("classifiers"),
        )
        _publish(events)
        return Response(_body(conversation))

    def delete(self, request: Request, pk: UUID) -> Response:
        _publish(
            conversations.delete_conversation(
                session_key=request.session.session_key, conversation_id=pk
            )
        )
        return Response(status=204)


class ConversationRestore(APIView):
    def post(self, request: Request, pk: UUID) -> Response:
        conversation, events = conversations.restore_conversation(
            session_key=request.session.session_key, conversation_id=pk
        )
        _publish(events)
        return Response(_body(conversation))
