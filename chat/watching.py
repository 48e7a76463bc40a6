"""The conversations that one socket follows, and healing what the layer lost."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from chat.errors import ChatError, NotFound
from chat.events import conversation_group
from chat.metrics import GAPS_HEALED
from chat.models import Conversation
from chat.perform import in_database
from chat.snapshots import read_snapshot

if TYPE_CHECKING:
    from chat.models import User

logger = logging.getLogger(__name__)

MAX_WATCHED = 100
HEAL_S = 2.0
HEAL_ALL_EVERY = 30  # rounds: every minute also those where nothing is expected


class Watcher(Protocol):
    """What follows conversations: a socket, or a stream of events."""

    user: User
    groups: set[str]

    async def join(self, group: str) -> None: ...
    async def leave(self, group: str) -> None: ...
    async def send_frame(
        self, body: dict[str, Any], request: str | None = None
    ) -> None: ...


class Watching:
    """Each conversation with the last seq that the socket was sent.

    The channel layer may lose events: a gap, or being behind Postgres, is healed by a
    snapshot.
    """

    def __init__(self, socket: Watcher) -> None:
        self.last: dict[UUID, int] = {}
        self._busy: set[UUID] = set()
        self._socket = socket

    def __contains__(self, conversation: UUID) -> bool:
        return conversation in self.last

    async def subscribe(
        self, conversation: UUID, after: int | None, request: str | None
    ) -> None:
        """Answer with a snapshot; from then on events follow. Raises NotFound."""
        body = await self._read(conversation, after)
        await self.follow(conversation, body["seq"])
        await self._socket.send_frame({"type": "snapshot", **body}, request)

    async def _read(self, conversation: UUID, after: int | None) -> dict[str, Any]:
        """Join first, then read: what happens in between arrives as well."""
        group = conversation_group(conversation)
        is_new = group not in self._socket.groups
        await self._socket.join(group)
        try:
            return await in_database(
                read_snapshot,
                user=self._socket.user,
                conversation_id=conversation,
                after=after,
            )
        except ChatError:
            if is_new:
                await self._socket.leave(group)
            raise

    async def follow(self, conversation: UUID, seq: int) -> None:
        """Expect `seq + 1` next; lets go of the conversation unused for longest."""
        await self._socket.join(conversation_group(conversation))
        self.last.pop(conversation, None)
        self.last[conversation] = seq
        if len(self.last) > MAX_WATCHED:
            await self._let_go(next(iter(self.last)))

    async def _let_go(self, conversation: UUID) -> None:
        self.last.pop(conversation, None)
        self._busy.discard(conversation)
        await self._socket.leave(conversation_group(conversation))

    def expect_reply(self, conversation: UUID) -> None:
        """Look after it every HEAL_S until its replies have ended."""
        self._busy.add(conversation)

    async def pass_on(self, frame: dict[str, Any]) -> None:
        """Send an event of a conversation on; heal where one before it was lost."""
        conversation = conversation_of(frame)
        seq, last = frame.get("seq"), self.last.get(conversation)
        if last is None:
            return
        self._note_busy(conversation, frame["type"])
        if seq is None:
            await self._socket.send_frame(frame)
        elif seq == last + 1:
            self.last[conversation] = seq
            await self._socket.send_frame(frame)
        elif seq > last:
            logger.info("a gap of %d events healed", seq - last - 1)
            await self._heal(conversation)

    def _note_busy(self, conversation: UUID, kind: str) -> None:
        if kind in ("message.created", "reply.started"):
            self._busy.add(conversation)
        elif kind == "reply.finished":
            self._busy.discard(conversation)

    async def _heal(self, conversation: UUID) -> None:
        last = self.last.get(conversation)
        try:
            body = await self._read(conversation, last)
        except NotFound:
            await self._let_go(conversation)
        except ChatError as error:
            logger.info("could not heal yet: %s", error.code)
            self._busy.add(conversation)  # so that the next round tries again
        else:
            await self._catch_up(conversation, body)

    async def _catch_up(self, conversation: UUID, body: dict[str, Any]) -> None:
        """Send the snapshot, unless events that arrived meanwhile are newer than it."""
        if self.last.get(conversation, body["seq"]) <= body["seq"]:
            GAPS_HEALED.inc()
            await self.follow(conversation, body["seq"])
            await self._socket.send_frame({"type": "snapshot", **body})

    async def heal_forever(self) -> None:
        """The layer may lose the last event of all, which no later one would betray."""
        n_rounds = 0
        while True:
            await asyncio.sleep(HEAL_S)
            n_rounds += 1
            is_for_all = n_rounds % HEAL_ALL_EVERY == 0
            await self._heal_behind(set(self.last) if is_for_all else set(self._busy))

    async def _heal_behind(self, conversations: set[UUID]) -> None:
        if not conversations:
            return
        try:
            progress = await in_database(_progress, conversations)
        except ChatError:
            return
        for conversation, (seq, is_busy) in progress.items():
            if not is_busy:
                self._busy.discard(conversation)
            if self.last.get(conversation, seq) < seq:
                await self._heal(conversation)


def conversation_of(frame: dict[str, Any]) -> UUID:
    return UUID(frame.get("conversation") or frame["id"])


def _progress(conversations: set[UUID]) -> dict[UUID, tuple[int, bool]]:
    return Conversation.objects.filter(pk__in=conversations).progress()
