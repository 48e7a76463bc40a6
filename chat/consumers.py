"""`emochat.v1` on `/ws/chat/`: one socket a tab, all of a person's conversations."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from django.conf import settings

from chat import actions, classifiers, inputs
from chat.errors import BadRequest, ChatError, Unauthenticated
from chat.events import PROTOCOL, person_group
from chat.explaining import Explaining
from chat.inputs import MAX_TEXT, parse
from chat.perform import in_database
from chat.sessions import authenticate, session_group
from chat.socket import CLOSE_SIGNED_OUT, FrameSocket
from chat.watching import Watching, conversation_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chat.frames import Frame
    from chat.services.messages import Accepted, Done

logger = logging.getLogger(__name__)

RECHECK_S = 60.0


class ChatConsumer(FrameSocket):
    """Parses a frame, makes one call, answers. Events come from the channel layer."""

    async def opened(self) -> None:
        self.watching = Watching(self)
        self.explaining = Explaining(self)
        self._one_by_one = asyncio.Lock()
        await self.join(person_group(self.user.pk))
        if self.session_key:
            await self.join(session_group(self.session_key))
        await self.send_frame(self._ready_body())
        self.spawn(self.watching.heal_forever())
        self.spawn(self._recheck_forever())

    def _ready_body(self) -> dict[str, Any]:
        offered = classifiers.offered()
        return {
            "type": "ready",
            "version": PROTOCOL,
            "user": {
                "id": self.user.pk,
                "name": self.user.display_name,
                "avatar_url": self.user.avatar_url,
            },
            "classifiers": [
                {"name": s.name, "title": s.title, "task": s.task, "labels": s.labels}
                for s in offered
            ],
            "limits": {
                "text": MAX_TEXT,
                "messages_per_minute": settings.EMOCHAT_MESSAGES_PER_MINUTE,
                "burst": settings.EMOCHAT_MESSAGES_BURST,
            },
        }

    async def handle(self, frame: Frame) -> None:
        handler = self.HANDLERS.get(frame.type)
        if handler is None:
            raise BadRequest(f"Unknown type: {frame.type[:40]}")
        await handler(self, frame)

    async def _ping(self, frame: Frame) -> None:
        await self.send_frame({"type": "pong"}, frame.request)

    async def _subscribe(self, frame: Frame) -> None:
        given = parse(inputs.SubscribeInput, frame.data)
        await self.watching.subscribe(
            given["conversation"], given.get("after"), frame.request
        )

    async def _send_message(self, frame: Frame) -> None:
        """Take it beside the socket, on which events and refusals go on meanwhile."""
        self.spawn_to_its_end(self.answered(frame, self._take_message(frame)))

    async def _take_message(self, frame: Frame) -> None:
        async def acknowledge(accepted: Accepted) -> None:
            if accepted.conversation not in self.watching:
                await self.watching.follow(accepted.conversation, accepted.seq - 1)
            self.watching.expect_reply(accepted.conversation)
            duplicate = {"duplicate": True} if accepted.is_duplicate else {}
            await self._ack(accepted, frame.request, **duplicate)

        await actions.send_message(
            session_key=self.session_key,
            data=frame.data,
            before_publish=acknowledge,
            in_order=self._one_by_one,
        )

    async def _ack(
        self, done: Accepted | Done, request: str | None, **more: object
    ) -> None:
        body: dict[str, Any] = {
            "type": "ack",
            "conversation": str(done.conversation),
            "seq": done.seq,
        }
        if done.message:
            body["message"] = str(done.message)
        if done.reply:
            body["reply"] = str(done.reply)
        await self.send_frame(body | more, request)

    async def _stop(self, frame: Frame) -> None:
        given = parse(inputs.ReplyInput, frame.data)
        done = await actions.stop_reply(
            session_key=self.session_key, reply_id=given["reply"]
        )
        await self._ack(done, frame.request)

    async def _regenerate(self, frame: Frame) -> None:
        given = parse(inputs.MessageIdInput, frame.data)
        done = await actions.regenerate_reply(
            session_key=self.session_key, message_id=given["message"]
        )
        self.watching.expect_reply(done.conversation)
        await self._ack(done, frame.request)

    async def _correct(self, frame: Frame) -> None:
        given = parse(inputs.CorrectionInput, frame.data)
        done = await actions.correct_emotion(
            session_key=self.session_key,
            message_id=given["message"],
            label=given["label"],
        )
        await self._ack(done, frame.request)

    async def _feedback(self, frame: Frame) -> None:
        given = parse(inputs.FeedbackInput, frame.data)
        done = await actions.give_feedback(
            session_key=self.session_key,
            reply_id=given["reply"],
            value=given["value"],
            note=given["note"],
        )
        await self._ack(done, frame.request)

    async def _explain(self, frame: Frame) -> None:
        await self.explaining.start(frame)

    async def _cancel_explanation(self, frame: Frame) -> None:
        await self.explaining.cancel(frame)

    HANDLERS: dict[str, Callable[[ChatConsumer, Frame], Awaitable[None]]] = {
        "ping": _ping,
        "subscribe": _subscribe,
        "message.send": _send_message,
        "reply.stop": _stop,
        "reply.regenerate": _regenerate,
        "emotion.correct": _correct,
        "reply.feedback": _feedback,
        "explain": _explain,
        "explain.cancel": _cancel_explanation,
    }

    async def conversation_event(self, message: dict[str, Any]) -> None:
        await self.watching.pass_on(message["frame"])

    async def person_event(self, message: dict[str, Any]) -> None:
        """What concerns the sidebar, of a conversation that this socket does not watch."""
        frame = message["frame"]
        if conversation_of(frame) not in self.watching:
            hint = {key: value for key, value in frame.items() if key != "seq"}
            await self.send_frame(hint)

    async def _recheck_forever(self) -> None:
        """The backstop of sign-out, should the message about it be lost."""
        while True:
            await asyncio.sleep(RECHECK_S)
            try:
                await in_database(authenticate, self.session_key)
            except Unauthenticated:
                await self.close(CLOSE_SIGNED_OUT)
            except ChatError:
                logger.info("session not rechecked: database away")
