"""One attempt at one reply: classify, begin, stream, finish."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from django.utils import timezone

from chat.care.fixed import fixed_text
from chat.care.output import OutputCheck
from chat.deltas import DeltaMerger
from chat.errors import ChatError
from chat.events import Event
from chat.metrics import FIRST_WORD_S
from chat.perform import in_database, publish
from chat.services import recovery, reply_queue
from chat.services.reply_queue import Ending, StaleAttempt
from chat.services.told import likely_label
from inference.errors import DeadlineExceeded, EngineBusy, EngineLost, InferenceError
from inference.registry import REPLY_MODEL
from inference.types import (
    Classified,
    ClassifyRequest,
    Finished,
    GenerateRequest,
    Priority,
)

if TYPE_CHECKING:
    from chat.services.reply_queue import Claim
    from inference.types import EngineClient

logger = logging.getLogger(__name__)

RENEW_S = 1.0
GUARD_S = 12.0
RETRY_S = 1.0
FIXED_READ_S = 3.0  # what is fixed waits no longer for the classifiers


class Turn:
    """Runs a claimed reply to its one end, or puts it back into the queue."""

    def __init__(self, claim: Claim, engine: EngineClient) -> None:
        self.claim = claim
        self.engine = engine
        self._request_id = f"{claim.reply}.{claim.attempt}"
        self._deltas = DeltaMerger(self._send_delta)
        self._check = OutputCheck(claim.text, claim.seed)
        self._is_stopped = False
        self._first_token_ms: int | None = None

    @property
    def text(self) -> str:
        return self._deltas.text

    async def stop(self) -> None:
        self._is_stopped = True
        await self.engine.cancel(self._request_id)

    async def run(self) -> None:
        """Never raises but for cancellation: each failure has its end here."""
        helpers = [
            asyncio.create_task(self._renew_forever()),
            asyncio.create_task(self._deltas.run()),
        ]
        try:
            async with asyncio.timeout(GUARD_S):
                ending = await self._attempt()
        except StaleAttempt:
            return
        except (EngineBusy, EngineLost, DeadlineExceeded, ChatError) as error:
            await self._release(error)
            return
        except TimeoutError:
            ending = self._ending("deadline")
        except Exception:  # the turn is where errors end (STYLE.md rule 19)
            logger.exception("reply %s failed", self.claim.reply)
            ending = self._ending("error", "internal")
        finally:
            for task in helpers:
                task.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        await self._finish(ending)

    async def _attempt(self) -> Ending:
        label = await self._begin()
        if self._is_stopped:
            return self._ending("stopped")
        if self.claim.generator:
            return self._say_fixed()
        try:
            return await self._stream(label)
        except (EngineBusy, EngineLost, DeadlineExceeded):
            raise
        except InferenceError as error:
            logger.warning("reply %s: %s", self.claim.reply, error)
            return self._ending("error", "model_unavailable")

    def _say_fixed(self) -> Ending:
        """The whole text at once: it is not written, so nobody has to watch it grow."""
        self._first_token_ms = self._elapsed_ms()
        text = fixed_text(self.claim.generator, self.claim.seed)
        return replace(self._ending("stop"), text=text)

    async def _begin(self) -> str | None:
        """Classify with every chosen classifier at once; store; say that we start."""
        names = self.claim.to_classify
        results = await self._read(names)
        if not self.claim.generator:  # what is fixed is said without any engine
            _raise_unless_model(results)
        read = {
            n: r
            for n, r in zip(names, results, strict=True)
            if isinstance(r, Classified)
        }
        events = await in_database(
            reply_queue.begin_reply,
            claim=self.claim,
            classified=tuple(read.values()),
            names=tuple(read),
            generator=self.claim.generator
            or self.engine.stats().models.get(REPLY_MODEL, REPLY_MODEL),
        )
        await publish(events)
        return self.claim.label or likely_label(read.get(self.claim.first_classifier))

    async def _read(self, names: tuple[str, ...]) -> list[Classified | BaseException]:
        try:
            async with asyncio.timeout(FIXED_READ_S if self.claim.generator else None):
                return await asyncio.gather(
                    *(self._classify(name) for name in names), return_exceptions=True
                )
        except TimeoutError as error:
            return [error for _ in names]

    async def _classify(self, name: str) -> Classified:
        request_id = f"{self._request_id}.{name}"
        return await self.engine.classify(
            ClassifyRequest(
                request_id, name, self.claim.text, user=str(self.claim.user)
            )
        )

    async def _stream(self, label: str | None) -> Ending:
        request = GenerateRequest(
            self._request_id,
            self.claim.text,
            label,
            self.claim.history,
            self.claim.heard,
            self.claim.seed,
            priority=_priority(self.claim),
            user=str(self.claim.user),
        )
        async with aclosing(self.engine.generate(request)) as stream:  # type: ignore[type-var]
            async for event in stream:
                if isinstance(event, Finished):
                    return self._ending(event.reason)
                self._show(self._check.feed(event.text))
                if self._check.fault:
                    logger.warning("reply %s: %s", self.claim.reply, self._check.fault)
                    return self._ending("stop")
        raise RuntimeError("the engine's stream ended without saying how")

    def _show(self, text: str) -> None:
        if not text:
            return
        if self._first_token_ms is None:
            self._first_token_ms = self._elapsed_ms()
            FIRST_WORD_S.observe(self._first_token_ms / 1000)
        self._deltas.add(text)

    def _ending(self, reason: str, error_code: str = "") -> Ending:
        """How it ends, with what was held back, or with other words for the whole."""
        self._show(self._check.flush())
        text = self._check.instead if self._check.fault else self.text
        first_ms, now_ms = self._first_token_ms, self._elapsed_ms()
        return Ending(reason, text, error_code, first_ms, now_ms)

    def _elapsed_ms(self) -> int:
        """Since the reply was queued: what the person waited."""
        return int((timezone.now() - self.claim.queued_at).total_seconds() * 1000)

    async def _finish(self, ending: Ending) -> None:
        """Try until it is stored, or another attempt has taken over."""
        while True:
            try:
                finish = reply_queue.finish_reply
                await publish(
                    await in_database(finish, claim=self.claim, ending=ending)
                )
            except StaleAttempt:
                return
            except ChatError:
                await asyncio.sleep(RETRY_S)
            else:
                return

    async def _release(self, error: Exception) -> None:
        """The engine is busy or gone: wait a little in the queue and try again."""
        logger.info("reply %s goes back to the queue: %r", self.claim.reply, error)
        delay_s = RETRY_S * 2 ** (self.claim.attempt - 1)
        with suppress(ChatError, StaleAttempt):  # the sweep will find it
            events = await in_database(
                recovery.release_reply,
                claim=self.claim,
                text=self.text,
                delay_s=delay_s,
            )
            await publish(events)

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            with suppress(ChatError):
                lease = await in_database(
                    reply_queue.renew_lease, claim=self.claim, text=self.text
                )
                if lease.is_stop_requested or not lease.is_ours:
                    await self.stop()

    async def _send_delta(self, offset: int, text: str) -> None:
        body = {
            "type": "reply.delta",
            "conversation": str(self.claim.conversation),
            "reply": str(self.claim.reply),
            "attempt": self.claim.attempt,
            "offset": offset,
            "text": text,
        }
        await publish([Event(self.claim.user, self.claim.conversation, body)])


def _raise_unless_model(results: list[Classified | BaseException]) -> None:
    """A classifier that fails is left out; anything else ends the attempt."""
    for result in results:
        if isinstance(result, EngineBusy | EngineLost | DeadlineExceeded):
            raise result
        if isinstance(result, BaseException) and not isinstance(result, InferenceError):
            raise result


def _priority(claim: Claim) -> Priority:
    """Whoever has no reply yet goes before whoever wants another one."""
    return Priority.REGENERATE if claim.ordinal > 1 else Priority.INTERACTIVE
