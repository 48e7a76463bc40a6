"""Asking the engine which words made a classifier read what it read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from chat import runtime
from chat.errors import BadRequest, ModelUnavailable
from chat.explain_inputs import ExplainFrame
from chat.inputs import parse
from chat.perform import in_database
from chat.services.explanations import Wanted, ask_about_message
from chat.turns import as_chat_error
from inference import errors
from inference.types import ExplainRequest

if TYPE_CHECKING:
    import asyncio

    from chat.frames import Frame
    from chat.services.explanations import Asked
    from chat.socket import FrameSocket

TIMEOUT_S = 30.0
TOO_LONG = "The explanation took too long. Please try again in a moment."


async def explain(asked: Asked) -> dict[str, Any]:
    """Return what the wire says of the explanation; whoever writes is served first.

    Cancelling it ends it in the engine too. Raises Overloaded, ShuttingDown and
    ModelUnavailable, the last also where it took too long.
    """
    runner = runtime.runner()
    runner.check_admission()
    try:
        explained = await runner.engine.explain(_request(asked))
    except errors.BadRequest as error:  # a method that this classifier cannot
        raise BadRequest(str(error)) from error
    except errors.DeadlineExceeded as error:
        raise ModelUnavailable(TOO_LONG, retry_after_s=5.0) from error
    except errors.InferenceError as error:
        raise as_chat_error(error) from error
    return {
        "classifier": asked.wanted.classifier,
        "label": explained.label,
        "method": explained.method,
        "score": explained.score,
        "words": [
            {"start": word.start, "end": word.end, "weight": word.weight}
            for word in explained.words
        ],
        "model_version": explained.model_version,
        "duration_ms": explained.duration_ms,
    }


def _request(asked: Asked) -> ExplainRequest:
    wanted = asked.wanted
    samples = {} if wanted.n_samples is None else {"n_samples": wanted.n_samples}
    return ExplainRequest(
        f"explain {uuid4()}",
        wanted.classifier,
        asked.text,
        label=wanted.label,
        method=wanted.method,
        seed=wanted.seed,
        queue_timeout_s=TIMEOUT_S,
        total_timeout_s=TIMEOUT_S,
        user=str(asked.user),
        **samples,
    )


@dataclass(slots=True)
class Running:
    """A socket's explanation on its way; `request` is what its frame named."""

    frame: Frame
    about: dict[str, str]
    task: asyncio.Task[None] | None = None


class Explaining:
    """The one explanation of a socket: a newer takes its place, and closing ends it."""

    def __init__(self, socket: FrameSocket) -> None:
        self._socket = socket
        self._running: Running | None = None

    async def start(self, frame: Frame) -> None:
        """Answer the frame from a task of its own; nothing waits for it here."""
        given = parse(ExplainFrame, frame.data)
        await self._end()
        about = {"message": str(given["message"]), "classifier": given["classifier"]}
        running = self._running = Running(frame, about)
        running.task = self._socket.spawn(self._run(running, given))

    async def cancel(self, frame: Frame) -> None:
        """End what runs, if anything does, and say so."""
        about = await self._end()
        await self._say_cancelled(about, frame.request)

    async def _run(self, running: Running, given: dict[str, Any]) -> None:
        await self._socket.answered(running.frame, self._answer(running, given))

    async def _answer(self, running: Running, given: dict[str, Any]) -> None:
        try:
            asked = await in_database(
                ask_about_message,
                session_key=self._socket.session_key,
                message_id=given["message"],
                wanted=Wanted(
                    given["classifier"], given.get("label"), given.get("method")
                ),
            )
            body = await explain(asked)
        finally:  # from here on there is nothing to cancel: it has its one answer
            if self._running is running:
                self._running = None
        frame = {"type": "explanation", "message": running.about["message"], **body}
        await self._socket.send_frame(frame, running.frame.request)

    async def _end(self) -> dict[str, str]:
        running, self._running = self._running, None
        if running is None:
            return {}
        if running.task:
            running.task.cancel()
        await self._say_cancelled(running.about, running.frame.request)
        return running.about

    async def _say_cancelled(self, about: dict[str, str], request: str | None) -> None:
        await self._socket.send_frame(
            {"type": "explanation.cancelled", **about}, request
        )
