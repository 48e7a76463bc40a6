"""What runs in a web process beside its requests: the engine's client, the turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat.errors import ModelUnavailable
from chat.turns import TurnRunner

if TYPE_CHECKING:
    from uuid import UUID

    from inference.types import EngineClient, EngineStats

_runner: TurnRunner | None = None


def start(engine: EngineClient) -> TurnRunner:
    """Begin to run turns on the event loop of the caller; the engine is started."""
    global _runner
    _runner = TurnRunner(engine)
    _runner.start()
    return _runner


async def stop(drain_s: float) -> None:
    """Let running turns end, then let go of the engine."""
    global _runner
    runner, _runner = _runner, None
    if runner is not None:
        await runner.drain(drain_s)
        await runner.engine.close()


def runner() -> TurnRunner:
    """The process's turns; raises ModelUnavailable before they started."""
    if _runner is None:
        raise ModelUnavailable(retry_after_s=3.0)
    return _runner


def live_text(reply: UUID) -> str | None:
    """What a reply running in this process says so far; None where it runs elsewhere."""
    return _runner.live_text(reply) if _runner else None


def engine_stats() -> EngineStats | None:
    """The engine's last heartbeat; None before the turns started."""
    return _runner.engine.stats() if _runner else None


def has_started() -> bool:
    return _runner is not None and not _runner.is_draining
