"""Running turns: this process's share of the replies that wait in Postgres.

The server owns the turn. No socket is asked here: a reply goes on when everybody has
left, and only *stop* ends it. What a process leaves behind when it dies is picked up
by the sweep of any other, or of its successor.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any

from channels.layers import get_channel_layer
from django.conf import settings

from chat.errors import ChatError, ModelUnavailable, Overloaded, ShuttingDown
from chat.perform import in_background, in_database, publish
from chat.services import conversations, deletions, recovery, reply_queue
from chat.turn import Turn
from inference.errors import EngineBusy, EngineLost, InferenceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from chat.services.reply_queue import Claim
    from inference.types import EngineClient

logger = logging.getLogger(__name__)

TURNS_GROUP = "turns"
POLL_S = 1.0
MAX_CLAIMS = 8  # at a time: other processes want some too
SWEEPS_PER_LEASE = 3  # every 5 s with the default lease of 15 s
PATIENCE_LEASES = 8  # 2 minutes, as long as an engine may take to start


class TurnRunner:
    """Claims replies and runs them, at most EMOCHAT_MAX_TURNS at a time."""

    def __init__(self, engine: EngineClient) -> None:
        self.engine = engine
        self.turns: dict[UUID, Turn] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._storing: set[UUID] = set()
        self._unclaimed: set[UUID] = set()
        self._engine_seen_s = time.monotonic()
        self.is_draining = False

    def start(self) -> None:
        loops = (self._claim_forever(), self._sweep_forever(), self._listen_forever())
        self._loops = [asyncio.create_task(loop) for loop in loops]

    async def drain(self, timeout_s: float) -> None:
        """Claim no more; give the running turns `timeout_s` to end; let go."""
        self.is_draining = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)
        for task in [*self._loops, *self._tasks]:
            task.cancel()
        await asyncio.gather(*self._loops, *self._tasks, return_exceptions=True)

    def check_admission(self) -> None:
        """Raise at once where a new message could not be served soon."""
        if self.is_draining:
            raise ShuttingDown(retry_after_s=3.0)
        n_taken = len(self.turns) + len(self._unclaimed) + len(self._storing)
        if n_taken >= settings.EMOCHAT_MAX_TURNS:
            raise Overloaded(retry_after_s=2.0)
        try:
            self.engine.check_admission()
        except InferenceError as error:
            raise as_chat_error(error) from error

    @contextlib.contextmanager
    def storing(self, message: UUID) -> Iterator[None]:
        """Hold room for a message while it is stored: all who come meanwhile want it."""
        self._storing.add(message)
        try:
            yield
        finally:
            self._storing.discard(message)

    def note_queued(self, reply: UUID) -> None:
        """A reply was queued in this process: look for it now, and count it till then.

        It is told after its ack, so another wake may have claimed it by then.
        """
        if reply not in self.turns:
            self._unclaimed.add(reply)
        self.wake()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    def live_text(self, reply: UUID) -> str | None:
        """What a reply running here says so far; None where it does not run here."""
        turn = self.turns.get(reply)
        return turn.text if turn else None

    async def stop(self, reply: UUID) -> None:
        """End a reply if it runs here, and tell the other processes."""
        if turn := self.turns.get(reply):
            await turn.stop()
            return
        message = {"type": "turn.stop", "reply": str(reply)}
        with contextlib.suppress(OSError):
            await get_channel_layer().group_send(TURNS_GROUP, message)

    async def _claim_forever(self) -> None:
        while True:
            # Not wait_for: Python 3.11's loses a cancellation that comes with the event.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._wake.wait()
            self._wake.clear()
            with _survive("claim"):
                await self._claim_all()

    async def _claim_all(self) -> None:
        while n_free := self._n_free():
            is_engine_away = self._is_engine_away()
            most = min(n_free, MAX_CLAIMS)
            claimed = await in_database(
                reply_queue.claim_waiting, most, fixed_only=is_engine_away
            )
            for claim in claimed:
                self._run(claim)
            if len(claimed) < most:
                if not is_engine_away:
                    self._unclaimed.clear()
                return

    def _n_free(self) -> int:
        """How many turns more may run."""
        n_free = settings.EMOCHAT_MAX_TURNS - len(self.turns)
        return 0 if self.is_draining else max(0, n_free)

    def _is_engine_away(self) -> bool:
        """Then only what is fixed can be said; somebody in danger is not made to wait."""
        try:
            self.engine.check_admission()
        except InferenceError:
            return True
        return False

    def _run(self, claim: Claim) -> None:
        self._unclaimed.discard(claim.reply)
        self._storing.discard(claim.message)
        turn = self.turns[claim.reply] = Turn(claim, self.engine)
        task = asyncio.create_task(turn.run())
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if self.turns.get(claim.reply) is turn:  # not a later attempt's
                del self.turns[claim.reply]
            self.wake()

        task.add_done_callback(ended)

    async def _sweep_forever(self) -> None:
        interval_s = settings.EMOCHAT_LEASE_S / SWEEPS_PER_LEASE
        while True:
            started = time.monotonic()
            with _survive("sweep"):
                await publish(await in_database(recovery.sweep))
                await self._give_up_without_engine()
                await in_background(conversations.purge_deleted)
                await in_background(deletions.finish_deletions)
                self.wake()
            await asyncio.sleep(max(0.1, interval_s - (time.monotonic() - started)))

    async def _give_up_without_engine(self) -> None:
        """End what waits for an engine that has been away for very long."""
        with contextlib.suppress(EngineLost):
            with contextlib.suppress(EngineBusy):
                self.engine.check_admission()
            self._engine_seen_s = time.monotonic()
        patience_s = PATIENCE_LEASES * settings.EMOCHAT_LEASE_S
        if time.monotonic() - self._engine_seen_s > patience_s:
            await publish(await in_database(recovery.give_up, waited_s=patience_s))

    async def _listen_forever(self) -> None:
        """Hear what other processes ask of the turns that run here."""
        layer = get_channel_layer()
        channel = await layer.new_channel()
        while True:
            with _survive("turn hints"):
                await layer.group_add(TURNS_GROUP, channel)
                await self._listen(layer, channel)
            await asyncio.sleep(POLL_S)

    async def _listen(self, layer: Any, channel: str) -> None:
        while True:
            message = await layer.receive(channel)
            for turn in list(self.turns.values()):
                if str(turn.claim.reply) == message.get("reply"):
                    await turn.stop()


@contextlib.contextmanager
def _survive(what: str) -> Iterator[None]:
    """A background loop outlives what goes wrong in one round."""
    try:
        yield
    except ChatError as error:
        logger.warning("%s: %s", what, error.code)
    except Exception:  # the loop itself must never end
        logger.exception("%s failed", what)


def as_chat_error(error: InferenceError) -> ChatError:
    """Translate what the engine says into what a person is told."""
    if isinstance(error, EngineBusy):
        return Overloaded(retry_after_s=error.retry_after_s)
    return ModelUnavailable(retry_after_s=3.0)
