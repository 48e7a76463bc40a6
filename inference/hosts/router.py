"""One client over two engines: each request goes to the framework of its classifier.

PyTorch's engine has the reply model and is there from the start. TensorFlow's, in a host
process of its own, is started by the first request for it: a laptop that never asks for
it has not its memory to spare. ADR 0046.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from inference.errors import EngineBusy, EngineLost, ModelUnavailable
from inference.registry import runs_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from inference.types import (
        Classified,
        ClassifyRequest,
        Delta,
        EngineClient,
        EngineStats,
        Explained,
        ExplainRequest,
        Finished,
        GenerateRequest,
    )

logger = logging.getLogger(__name__)

FIRST_WAIT_S = 20.0  # importing TensorFlow takes seconds, on a busy machine many
RETRY_S = 5.0


class FrameworkRouter:
    """An EngineClient to `main`, and to a second engine that is made when first needed.

    `make_second` returns a client that is not started, or raises ModelUnavailable where
    its framework is not installed or no model of it is trained.
    """

    def __init__(
        self, main: EngineClient, make_second: Callable[[], EngineClient]
    ) -> None:
        self.main = main
        self._make_second = make_second
        self._second: EngineClient | None = None
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once PyTorch's engine is warm, or raise EngineLost."""
        await self.main.start()

    async def close(self) -> None:
        """Let go of both engines; open requests end with EngineLost."""
        if self._starting:
            self._starting.cancel()
            with suppress(asyncio.CancelledError, EngineLost):
                await self._starting
        if self._second:
            await self._second.close()
        await self.main.close()

    async def classify(self, request: ClassifyRequest) -> Classified:
        """Raise EngineBusy, EngineLost, ModelUnavailable or DeadlineExceeded."""
        engine = await self._engine_of(request.classifier)
        return await engine.classify(request)

    async def explain(self, request: ExplainRequest) -> Explained:
        """As `EngineClient.explain`, by the engine of the request's classifier."""
        engine = await self._engine_of(request.classifier)
        return await engine.explain(request)

    def generate(self, request: GenerateRequest) -> AsyncIterator[Delta | Finished]:
        """As `EngineClient.generate`: replies are PyTorch's."""
        return self.main.generate(request)

    async def cancel(self, request_id: str) -> None:
        """End a request within one step, whichever engine has it."""
        for engine in filter(None, (self.main, self._second)):
            await engine.cancel(request_id)

    def check_admission(self) -> None:
        """Raise EngineBusy or EngineLost at once where a reply would be refused."""
        self.main.check_admission()

    def stats(self) -> EngineStats:
        """Return PyTorch's figures, with the names and versions of both engines' models."""
        stats = self.main.stats()
        if self._second is None:
            return stats
        return replace(stats, models=stats.models | self._second.stats().models)

    async def _engine_of(self, classifier: str) -> EngineClient:
        if not runs_in("tensorflow", classifier):
            return self.main
        if self._second is None:
            self._second = self._make_second()
        if self._starting is None or _has_failed(self._starting):
            self._starting = asyncio.create_task(self._start(self._second))
        await self._wait_for(self._starting)
        return self._second

    async def _start(self, engine: EngineClient) -> None:
        """Start it; one that fails is let go of, so that the next request tries anew."""
        try:
            await engine.start()
        except EngineLost:
            self._second = None
            await engine.close()
            raise

    async def _wait_for(self, starting: asyncio.Task[None]) -> None:
        """Wait for the start that all share: who gives up must not end it for others."""
        try:
            await asyncio.wait_for(asyncio.shield(starting), FIRST_WAIT_S)
        except TimeoutError as error:
            raise EngineBusy("TensorFlow is starting.", RETRY_S) from error
        except EngineLost as error:
            raise ModelUnavailable(f"TensorFlow does not start: {error}") from error
        except asyncio.CancelledError:
            if starting.cancelled():  # by `close`; else it is this request that ends
                raise EngineLost("The engine was stopped.") from None
            raise


def _has_failed(task: asyncio.Task[None]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
