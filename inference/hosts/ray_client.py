"""The engine on a Ray cluster: many machines, found and balanced by Ray Serve.

The keeper finds the deployment and asks every replica for its heartbeat; what they say
together is this engine's state. A reply whose replica dies is asked for once more with
the same seed, and goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from ray.serve.exceptions import BackPressureError
from ray.serve.handle import DeploymentHandle

from inference.errors import EngineBusy, EngineLost, InferenceError
from inference.failures import failed
from inference.hosts.client import HostClient, Mailbox
from inference.hosts.daemon import in_daemon
from inference.hosts.ray_calls import (
    ANSWER_S,
    UNREACHABLE,
    ask_all,
    events_of,
    patience_s,
    stopped,
)
from inference.hosts.ray_cluster import connect, status_of
from inference.hosts.ray_replica import EngineReplica
from inference.hosts.resumed import ResumedReply
from inference.measures import together
from inference.types import EngineStats, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from inference.config import EngineConfig

logger = logging.getLogger(__name__)

BEAT_S = 0.25
LOST_AFTER_S = 5.5  # together with that, 10 s at most for whoever waits
RETRY_S = 0.5
CLOSE_S = 5.0
N_ATTEMPTS = 2


class RayClient(HostClient):
    """An EngineClient to the engine that `manage.py serve_ray` deployed."""

    def __init__(
        self, config: EngineConfig, on_progress: Callable[[str], None] | None = None
    ) -> None:
        super().__init__()
        self._config = config
        self._on_progress = on_progress or (lambda text: None)
        self._name = uuid.uuid4().hex[:8]  # two clients may use the same request ids
        self._handle: Any = None
        self._heard_s = 0.0
        self._keeper: asyncio.Task[None] | None = None
        self._warm: asyncio.Future[None] | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._asked: dict[str, Request] = {}
        self._stops: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Return once a replica is warm, or raise EngineLost.

        After a failure the client goes on trying until `close`.
        """
        self._warm = asyncio.get_running_loop().create_future()
        self._on_progress("looking for the engine on Ray…")
        self._keeper = asyncio.create_task(self._keep(), name="ray keeper")
        try:
            await asyncio.wait_for(self._warm, self._config.start_timeout_s)
        except TimeoutError as error:
            raise EngineLost("The engine takes too long to start.") from error

    async def close(self) -> None:
        """Let go of the engine, which goes on for others; open requests are lost."""
        keeper = [self._keeper] if self._keeper else []
        running = [*self._tasks.values(), *self._stops, *keeper]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=CLOSE_S)
        self._lose("The engine was let go.")
        if self._handle is not None:
            with suppress(TimeoutError):  # a cluster in trouble shall not hold us
                await asyncio.wait_for(self._handle.shutdown_async(), CLOSE_S)

    def _submit(self, request: Request) -> None:
        task = asyncio.create_task(self._run(request, self._open[request.id]))
        self._tasks[request.id], self._asked[request.id] = task, request

        def ended(task: asyncio.Task[None]) -> None:
            if self._tasks.get(request.id) is task:
                del self._tasks[request.id], self._asked[request.id]

        task.add_done_callback(ended)

    def _cancel(self, request_id: str) -> None:
        """Stop a reply that is open; let go of one that nobody waits for any more."""
        if self.is_open(request_id):
            stop = asyncio.create_task(self._stop(request_id))
            self._stops.add(stop)
            stop.add_done_callback(self._stops.discard)
        elif task := self._tasks.get(request_id):
            task.cancel()

    async def _stop(self, request_id: str) -> None:
        """Ask all replicas; where none has it, it has not begun and shall not."""
        answers = await ask_all(self._handle, "cancel", self._own(request_id))
        if True not in answers and self.is_open(request_id):
            if task := self._tasks.get(request_id):
                task.cancel()
            if request := self._asked.get(request_id):
                self._deliver([stopped(request)])

    async def _run(self, request: Request, mailbox: Mailbox) -> None:
        """Bring a request to its end, whatever becomes of the replica that has it."""
        try:
            async with asyncio.timeout(patience_s(request)):
                await self._attempts(request)
        except TimeoutError:
            self._fail(request, EngineLost("The engine gave no answer."))
        except InferenceError as error:
            self._fail(request, error)
        except Exception as error:
            logger.exception("request %s failed on its way to the engine", request.id)
            self._fail(request, EngineLost(str(error)))
        finally:  # Ray may also end a stream without a word
            if self._open.get(request.id) is mailbox:
                self._fail(request, EngineLost("The engine was lost."))

    def _fail(self, request: Request, error: InferenceError) -> None:
        self._deliver([failed(request.id, error)])

    async def _attempts(self, request: Request) -> None:
        reply = ResumedReply()
        for n_left in reversed(range(N_ATTEMPTS)):
            reply.begin()
            try:
                own_id = self._own(request.id)
                calls = events_of(self._handle, request, own_id)
                async with aclosing(calls) as answer:
                    async for events in answer:
                        self._heard_s = time.monotonic()
                        self._deliver(reply.only_new(events))
                return
            except BackPressureError as error:
                raise EngineBusy(retry_after_s=self._stats.retry_after_s) from error
            except UNREACHABLE as error:
                logger.info("request %s lost its replica: %r", request.id, error)
                if not n_left:
                    raise EngineLost("The engine was lost.") from error

    def _own(self, request_id: str) -> str:
        return f"{self._name}/{request_id}"

    async def _keep(self) -> None:
        """Find the engine, watch it, and find it again, for ever."""
        while True:
            try:
                await in_daemon(connect, self._config)
                await self._find()
                await self._watch()
            except (*UNREACHABLE, EngineLost) as error:
                self._lose(str(error))
            except Exception:
                logger.exception("the connection to Ray broke")
                self._lose("The engine was lost.")
            await asyncio.sleep(RETRY_S)

    async def _find(self) -> None:
        """Make a handle of our own: Ray's would belong to the loop that first asked."""
        app = self._config.ray.app
        status = await in_daemon(status_of, app)
        if status.why_failed:
            self._fail_start(status.why_failed)
        if not status.is_there:
            raise EngineLost("The engine is not deployed on this cluster.")
        self._handle = self._handle or DeploymentHandle(EngineReplica.__name__, app)

    async def _watch(self) -> None:
        """Return once nothing was heard of any replica for too long."""
        self._heard_s = time.monotonic()
        while (silent_s := time.monotonic() - self._heard_s) < LOST_AFTER_S:
            answers = await ask_all(self._handle, "beat")
            if beats := [one for one in answers if isinstance(one, EngineStats)]:
                self._heard_s = time.monotonic()
                self._stats = together(beats)
                self._note_ready()
            elif silent_s > ANSWER_S:
                self._is_ready = False
            await asyncio.sleep(BEAT_S)
        self._lose("The engine was lost.")

    def _lose(self, message: str) -> None:
        super()._lose(message)
        for task in self._tasks.values():
            task.cancel()

    def _note_ready(self) -> None:
        super()._note_ready()
        if self._warm and not self._warm.done():
            self._warm.set_result(None)

    def _fail_start(self, message: str) -> None:
        if self._warm and not self._warm.done():
            logger.error("%s", message)
            self._warm.set_exception(EngineLost(message))
