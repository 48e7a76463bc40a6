"""One replica of the engine on a Ray cluster: the same core, in a thread of its process.

Batching stays inside the core, so that a reply is the same on every host; Ray only finds
a replica for it, starts more of them, and replaces those that die.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
from typing import TYPE_CHECKING

import ray
from ray import serve
from ray._common.network_utils import is_localhost

from inference.config import EngineConfig
from inference.errors import EngineLost
from inference.hosts.inline import InlineClient
from inference.hosts.ray_environment import replica_environment

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from inference.types import EngineStats, Event, GenerateRequest, Request

logger = logging.getLogger(__name__)

WATCH_S = 0.5
SPARE_ONGOING = 16  # for heartbeats and cancels, which must not wait behind replies
DRAIN_S = 15.0
FULL = 0.75  # of the slots, from which on another replica is started


class EngineReplica:
    """What web processes call through Ray; no method raises an error of the engine."""

    async def __init__(self, config_json: str) -> None:  # type: ignore[misc]
        """Return once the engine is warm; Ray sends nothing here before."""
        config = EngineConfig.from_json(config_json)
        _keep_to_loopback()
        self._hang_timeout_s = config.hang_timeout_s
        self._engine = InlineClient(config)
        await self._engine.start()
        self._watcher = asyncio.create_task(self._watch())

    async def generate(
        self, request: GenerateRequest
    ) -> AsyncGenerator[tuple[Event, ...], None]:
        """Yield a reply in parcels; being cancelled ends it within one step."""
        async for events in self._engine.stream(request):
            yield events

    async def answer(self, request: Request) -> Event:
        """Classify or explain; being cancelled ends it within one step."""
        async for events in self._engine.stream(request):
            return events[-1]
        raise EngineLost("The engine ended without an answer.")

    async def cancel(self, request_id: str) -> bool:
        """End a reply as stopped; return whether it is here."""
        is_here = self._engine.is_open(request_id)
        await self._engine.cancel(request_id)
        return is_here

    async def beat(self) -> EngineStats:
        return self._engine.stats()

    async def check_health(self) -> None:
        """Ray replaces a replica whose check fails."""
        self._engine.raise_unless_alive(self._hang_timeout_s)

    async def _watch(self) -> None:
        """End this process once its engine hangs: a thread cannot be killed.

        Whoever waits is told at once then, and Ray starts another replica.
        """
        try:
            while True:
                self._engine.raise_unless_alive(self._hang_timeout_s)
                await asyncio.sleep(WATCH_S)
        except EngineLost:
            logger.exception("this replica ends")
            os._exit(1)


def application(config: EngineConfig) -> serve.Application:
    """Return what `serve.run` is given: replicas of the engine that `config` describes."""
    limits, own = config.limits, config.ray
    n_own = limits.n_slots + limits.max_queued + limits.max_queued_classify
    n_own += limits.max_explanations
    deployment = serve.deployment(EngineReplica).options(
        max_ongoing_requests=own.max_ongoing or n_own + SPARE_ONGOING,
        max_queued_requests=own.max_queued or n_own,
        health_check_period_s=2,
        health_check_timeout_s=max(1.0, config.hang_timeout_s),
        graceful_shutdown_timeout_s=DRAIN_S,
        graceful_shutdown_wait_loop_s=0.5,
        max_constructor_retry_count=2,
        logging_config={"enable_access_log": False},
        ray_actor_options={
            "num_cpus": own.cpus,
            "num_gpus": own.gpus,
            "runtime_env": {"env_vars": replica_environment(config)},
        },
        **_how_many(config),
    )
    return deployment.bind(config.to_json())


def _how_many(config: EngineConfig) -> dict[str, object]:
    low, high = config.ray.min_replicas, config.ray.max_replicas
    if low == high:
        return {"num_replicas": low}
    scaling = {
        "min_replicas": low,
        "max_replicas": high,
        "target_ongoing_requests": math.ceil(FULL * config.limits.n_slots),
        "upscale_delay_s": 5.0,
        "downscale_delay_s": 300.0,
    }
    return {"autoscaling_config": scaling}


def _keep_to_loopback() -> None:
    """Where Ray's node is 127.0.0.1, bind this replica's own server there too.

    Ray 2.60 binds it to all interfaces, whatever its node's address. A test looks at every
    socket of the cluster; `requirements-ray.txt` holds Ray to the version it was read in.
    """
    if not is_localhost(ray.util.get_node_ip_address()):
        return
    from ray.serve._private import replica  # noqa: PLC0415 (private: only where needed)

    bind = replica.add_port_to_grpc_server
    replica.add_port_to_grpc_server = lambda server, address: bind(
        server, address.replace("[::]", "127.0.0.1")
    )
