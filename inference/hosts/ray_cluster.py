"""The Ray cluster that runs the engine: start one, join one, deploy to it."""

from __future__ import annotations

import logging
import math
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ray
from ray import serve

from inference.errors import EngineLost, InferenceError
from inference.hosts.places import FileLock
from inference.hosts.ray_environment import PROJECT_ROOT, RayPlaces, address_of
from inference.hosts.ray_replica import application

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inference.config import EngineConfig

logger = logging.getLogger(__name__)

OBJECT_STORE_BYTES = 80 * 2**20  # the least that Ray takes; our streams do without
LOCK_TIMEOUT_S = 0.5
N_STARTS = 4


def connect(config: EngineConfig) -> None:
    """Join the cluster with this process, or raise EngineLost; blocks for seconds."""
    _quieten()
    if ray.is_initialized():
        return
    address = address_of(config)
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # whatever Ray makes of a head that is not there
        raise EngineLost(f"The Ray cluster at {address} cannot be reached.") from error


@contextmanager
def local_cluster(config: EngineConfig) -> Iterator[str]:
    """Run a cluster of this machine alone for as long as the block runs; yield its address.

    Every process of it listens on the loopback only, and asks for the token. Raises
    InferenceError where one runs already.
    """
    _quieten()
    places = RayPlaces(config)
    places.make()
    lock = FileLock(places.lock)
    if not lock.acquire_within(LOCK_TIMEOUT_S):
        raise InferenceError("A Ray cluster of this folder runs already.")
    os.environ["PYTHONPATH"] = str(PROJECT_ROOT)  # for every process of the cluster
    try:
        address = _start_head(config)
        serve.start(http_options={"location": "NoServer"})
        places.address.write_text(address)
        yield address
    finally:
        places.address.unlink(missing_ok=True)
        ray.shutdown()
        lock.release()


def _start_head(config: EngineConfig) -> str:
    """Start Ray's processes, again if need be: it gives its own ones 15 s to be there,
    which a busy machine may miss the first time."""
    n_cpus = math.ceil(config.ray.cpus * config.ray.max_replicas)
    for n_left in reversed(range(N_STARTS)):
        try:
            context = ray.init(
                num_cpus=max(os.cpu_count() or 1, n_cpus),
                include_dashboard=False,
                object_store_memory=OBJECT_STORE_BYTES,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
            break
        except Exception as error:  # it raises no class of its own
            ray.shutdown()
            if not n_left:
                raise InferenceError(f"Ray does not start: {error}") from error
            logger.warning("Ray did not start, and is started again")
    address: str = context.address_info["address"]
    return address


def _quieten() -> None:
    """Ray Serve tells of each of its steps; what goes wrong is told anyway."""
    logging.getLogger("ray.serve").setLevel(logging.WARNING)


def deploy(config: EngineConfig) -> None:
    """Run the engine on the cluster, or bring the one that runs up to date.

    Returns once a replica is warm; raises EngineLost with what Ray says. Replicas that
    are replaced finish their replies first.
    """
    try:
        serve.run(application(config), name=config.ray.app, route_prefix=None)
    except RuntimeError as error:
        why = status_of(config.ray.app).why_failed
        raise EngineLost(why or str(error)) from error


@dataclass(frozen=True, slots=True)
class AppStatus:
    """Whether replicas of the engine run or are to run, and if not, what Ray says."""

    is_there: bool
    why_failed: str = ""


def status_of(app: str) -> AppStatus:
    found = serve.status().applications.get(app)
    if found is None or found.status != "DEPLOY_FAILED":
        return AppStatus(is_there=found is not None)
    said = [one.message for one in found.deployments.values()]
    return AppStatus(is_there=False, why_failed="\n".join([found.message, *said]))


def remove(config: EngineConfig) -> None:
    """End all replicas of the engine; the cluster goes on."""
    serve.delete(config.ray.app)
