"""`emochat.v1` on `/ws/chat/`: one socket a tab, all of a person's conversations."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings

from chat import actions, classifiers, inputs
from chat.errors import BadRequest, ChatError, ModelUnavailable, Unauthenticated
from chat.events import PROTOCOL, conversation_group, person_group
from chat.inputs import MAX_TEXT, parse
from chat.models import Conversation
from chat.perform import in_database
from chat.sessions import authenticate, session_group
from chat.snapshots import read_snapshot
from chat.socket import CLOSE_SIGNED_OUT, FrameSocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chat.frames import Frame
    from chat.services.messages import Accepted, Done

logger = logging.getLogger(__name__)

MAX_WATCHED = 100
HEAL_S = 2.0
RECHECK_S = 60.0


class ChatConsumer(FrameSocket):
    """Parses a frame, makes one call, answers. Events come from the channel layer."""

    async def opened(self) -> None:
        self.watched: dict[UUID, int] = {}
        self._busy: set[UUID] = set()
        await self.join(person_group(self.user.pk))
        if self.session_key:
            await self.join(session_group(self.session_key))
        await self.send_frame(self._ready_body())
        self.spawn(self._heal_forever())
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
        await self._watch(given["conversation"], given.get("after"), frame.request)

    async def _watch(
        self, conversation: UUID, after: int | None, request: str | None = None
    ) -> None:
        """Join first, then read: what happens in between arrives as well."""
        group = conversation_group(conversation)
        is_new = group not in self.groups
        await self.join(group)
        try:
            body = await in_database(
                read_snapshot, user=self.user, conversation_id=conversation, after=after
            )
        except ChatError:
            if is_new:
                await self.leave(group)
            raise
        await self._follow(conversation, body["seq"])
        await self.send_frame({"type": "snapshot", **body}, request)

    async def _follow(self, conversation: UUID, seq: int) -> None:
        self.watched.pop(conversation, None)
        self.watched[conversation] = seq
        if len(self.watched) > MAX_WATCHED:
            oldest = next(iter(self.watched))
            del self.watched[oldest]
            await self.leave(conversation_group(oldest))

    async def _send_message(self, frame: Frame) -> None:
        async def acknowledge(accepted: Accepted) -> None:
            await self.join(conversation_group(accepted.conversation))
            if accepted.conversation not in self.watched:
                await self._follow(accepted.conversation, accepted.seq - 1)
            self._busy.add(accepted.conversation)
            duplicate = {"duplicate": True} if accepted.is_duplicate else {}
            await self._ack(accepted, frame.request, **duplicate)

        await actions.send_message(
            session_key=self.session_key, data=frame.data, before_publish=acknowledge
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
        self._busy.add(done.conversation)
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
        raise ModelUnavailable("Explanations are not offered here yet.")

    HANDLERS: dict[str, Callable[[ChatConsumer, Frame], Awaitable[None]]] = {
        "ping": _ping,
        "subscribe": _subscribe,
        "message.send": _send_message,
        "reply.stop": _stop,
        "reply.regenerate": _regenerate,
        "emotion.correct": _correct,
        "reply.feedback": _feedback,
        "explain": _explain,
    }

    async def conversation_event(self, message: dict[str, Any]) -> None:
        """Pass an event on; where the layer lost one before it, heal from Postgres."""
        frame = message["frame"]
        conversation = UUID(frame.get("conversation") or frame["id"])
        seq, last = frame.get("seq"), self.watched.get(conversation)
        self._note_busy(conversation, frame["type"])
        if last is None:
            return
        if seq is None:
            await self.send_frame(frame)
        elif seq == last + 1:
            self.watched[conversation] = seq
            await self.send_frame(frame)
        elif seq > last:
            logger.info("a gap of %d events healed", seq - last - 1)
            await self._heal(conversation)

    async def person_event(self, message: dict[str, Any]) -> None:
        """What concerns the sidebar, of a conversation that this socket does not watch."""
        frame = message["frame"]
        conversation = UUID(frame.get("conversation") or frame["id"])
        if conversation not in self.watched:
            hint = {key: value for key, value in frame.items() if key != "seq"}
            await self.send_frame(hint)

    def _note_busy(self, conversation: UUID, kind: str) -> None:
        if kind in ("message.created", "reply.started"):
            self._busy.add(conversation)
        elif kind == "reply.finished":
            self._busy.discard(conversation)

    async def _heal(self, conversation: UUID) -> None:
        try:
            await self._watch(conversation, self.watched.get(conversation))
        except ChatError as error:
            logger.info("could not heal: %s", error.code)
            self.watched.pop(conversation, None)

    async def _heal_forever(self) -> None:
        """The layer may lose the last event of all, which no later one would betray."""
        n_rounds = 0
        while True:
            await asyncio.sleep(HEAL_S)
            n_rounds += 1
            all_of_them = n_rounds % (RECHECK_S // HEAL_S) == 0
            await self._heal_behind(set(self.watched) if all_of_them else self._busy)

    async def _heal_behind(self, conversations: set[UUID]) -> None:
        if not conversations:
            return
        before = dict(self.watched)
        try:
            latest = await in_database(_last_seqs, conversations)
        except ChatError:
            return
        for conversation, (seq, is_busy) in latest.items():
            if seq > before.get(conversation, seq) and self._is_behind(conversation, seq):
                await self._heal(conversation)
            if not is_busy:
                self._busy.discard(conversation)

    def _is_behind(self, conversation: UUID, seq: int) -> bool:
        return self.watched.get(conversation, seq) < seq

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


def _last_seqs(conversations: set[UUID]) -> dict[UUID, tuple[int, bool]]:
    """The last seq of each, and whether a reply is on its way; one query."""
    rows = Conversation.objects.filter(pk__in=conversations).with_open_replies()
    return {row.pk: (row.last_seq, row.is_busy) for row in rows}
