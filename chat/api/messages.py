"""`conversations/{id}/messages/` and `messages/{id}/`: send, read, correct, ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.response import Response

from chat import actions
from chat.api import docs
from chat.api.base import ApiView, found
from chat.inputs import LabelInput, WaitInput, parse
from chat.models import Conversation, Message
from chat.reads import read_reply, read_turn, turn_shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from rest_framework.request import Request

    from chat.querysets import MessageQuerySet


def reply_address(reply_id: UUID | None) -> dict[str, str]:
    """Where a created reply is; what `?wait=` waits for (chat.api.waiting)."""
    return {"Location": f"/api/v1/replies/{reply_id}/"}


class MessageList(ApiView):
    @docs.messages_list
    def get(self, request: Request, pk: UUID) -> Response:
        owned = Conversation.objects.for_user(self.person)
        rows: MessageQuerySet = found(owned.filter(pk=pk)).messages.with_turn()

        def show(page: Sequence[Message]) -> list[dict[str, Any]]:
            return [turn_shown(message) for message in page]

        return self.paged(rows, ("-seq",), show)

    @docs.messages_send
    def post(self, request: Request, pk: UUID) -> Response:
        """201 with the turn; a resend of the same id gets 200 and the stored turn."""
        parse(WaitInput, self.asked())
        accepted = self.run(
            actions.send_message,
            session_key=self.session_key,
            data=self.fields | {"conversation": str(pk)},
        )
        turn = read_turn(user=self.person, message_id=accepted.message)
        status = 200 if accepted.is_duplicate else 201
        return Response(turn, status, headers=reply_address(accepted.reply))


class MessageRegenerate(ApiView):
    @docs.messages_regenerate
    def post(self, request: Request, pk: UUID) -> Response:
        parse(WaitInput, self.asked())
        done = self.run(
            actions.regenerate_reply, session_key=self.session_key, message_id=pk
        )
        assert done.reply  # noqa: S101  regenerating makes one
        body = read_reply(user=self.person, reply_id=done.reply)
        return Response(body, 201, headers=reply_address(done.reply))


class MessageCorrection(ApiView):
    @docs.messages_correct
    def put(self, request: Request, pk: UUID) -> Response:
        given = parse(LabelInput, request.data)
        self.run(
            actions.correct_emotion,
            session_key=self.session_key,
            message_id=pk,
            label=given["label"],
        )
        return Response(read_turn(user=self.person, message_id=pk))
