"""Reading many texts at once, behind everybody who waits for a reply."""

from __future__ import annotations

import asyncio
import math
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4
from weakref import WeakKeyDictionary

from chat import classifiers as choice
from chat import runtime
from chat.errors import ModelUnavailable
from chat.inputs import MAX_TEXT
from chat.perform import in_database
from chat.services.quota import take_batch
from chat.turns import as_chat_error
from inference.errors import EngineBusy, InferenceError
from inference.registry import EMOTION
from inference.types import ClassifyRequest, Priority

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from inference.types import Classified, EngineClient

DEADLINE_S = 30.0
# Of the engine's queue of 256: the rest is for messages that somebody waits for. A window
# of a long text takes a place of its own.
N_IN_ENGINE = 64
RETRY_S = 0.1
CHARACTERS_A_TOKEN = 3  # at least, in what people write

_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, Gate] = WeakKeyDictionary()


class Gate:
    """Lets in as many at a time as have places; a big one waits at the door, first of all."""

    def __init__(self, n_places: int) -> None:
        self._places = asyncio.Semaphore(n_places)
        self._door = asyncio.Lock()
        self._n_places = n_places

    @asynccontextmanager
    async def places(self, n: int) -> AsyncIterator[None]:
        n_taken = 0
        try:
            async with self._door:
                for _ in range(min(n, self._n_places)):
                    await self._places.acquire()
                    n_taken += 1
            yield
        finally:
            for _ in range(n_taken):
                self._places.release()


async def classify_texts(
    *,
    session_key: str | None,
    texts: list[str],
    classifiers: list[str] | None,
    task: str = EMOTION,
) -> list[list[tuple[str, Classified]]]:
    """Return for each text what each classifier, by name, read; nothing is stored.

    All of it is in the engine's queue at once, as far as there is room, and the engine
    takes it from there in batches. A long text counts as one for every 4,000 characters.
    Raises ChatError; ModelUnavailable also where it took too long.
    """
    runner = runtime.runner()
    runner.check_admission()
    user, names = await in_database(
        take_batch,
        session_key=session_key,
        n_texts=sum(math.ceil(len(text) / MAX_TEXT) for text in texts),
        task=task,
        classifiers=classifiers,
    )
    wanted = [(name, text) for text in texts for name in names]
    results = await _read_all(runner.engine, str(user), wanted)
    read = list(zip((name for name, _ in wanted), results, strict=True))
    return [read[at : at + len(names)] for at in range(0, len(read), len(names))]


async def _read_all(
    engine: EngineClient, user: str, wanted: list[tuple[str, str]]
) -> list[Classified]:
    tasks = [asyncio.create_task(_read(engine, user, *pair)) for pair in wanted]
    try:
        async with asyncio.timeout(DEADLINE_S):
            return list(await asyncio.gather(*tasks))
    except TimeoutError as error:
        raise ModelUnavailable(retry_after_s=5.0) from error
    except InferenceError as error:
        raise as_chat_error(error) from error
    finally:
        for task in tasks:
            task.cancel()


async def _read(engine: EngineClient, user: str, name: str, text: str) -> Classified:
    async with _gate().places(_n_places(name, text)):
        while True:
            try:
                return await engine.classify(_request(user, name, text))
            except EngineBusy:  # full of those who go first
                await asyncio.sleep(RETRY_S)


def _request(user: str, name: str, text: str) -> ClassifyRequest:
    return ClassifyRequest(
        f"batch {uuid4()}",
        name,
        text,
        queue_timeout_s=DEADLINE_S,
        priority=Priority.BATCH,
        user=user,
    )


def _n_places(name: str, text: str) -> int:
    """Guess how many windows the classifier cuts the text into."""
    rule = choice.window_rules().get(name)
    if rule is None:
        return 1
    characters = CHARACTERS_A_TOKEN * (rule.size - rule.overlap)
    return min(rule.most, math.ceil(len(text) / characters))


def _gate() -> Gate:
    """One for all batches of this process."""
    loop = asyncio.get_running_loop()
    return _gates.setdefault(loop, Gate(N_IN_ENGINE))
