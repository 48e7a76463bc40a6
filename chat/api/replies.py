"""`replies/{id}/`: read, stop, judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.response import Response

from chat import actions
from chat.api import docs
from chat.api.base import ApiView
from chat.inputs import ThumbInput, parse
from chat.reads import read_reply

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request


class ReplyDetail(ApiView):
    @docs.replies_read
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(read_reply(user=self.person, reply_id=pk))


class ReplyStop(ApiView):
    @docs.replies_stop
    def post(self, request: Request, pk: UUID) -> Response:
        """A running reply ends within a step or two: it may still be `running` here."""
        self.run(actions.stop_reply, session_key=self.session_key, reply_id=pk)
        return Response(read_reply(user=self.person, reply_id=pk))


class ReplyFeedback(ApiView):
    @docs.replies_judge
    def put(self, request: Request, pk: UUID) -> Response:
        given = parse(ThumbInput, request.data)
        self.run(
            actions.give_feedback, session_key=self.session_key, reply_id=pk, **given
        )
        return Response(read_reply(user=self.person, reply_id=pk))
