from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from inference.config import EngineConfig
from inference.hosts.factory import create_client
from tests.inference.ray_apps import RayCluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SWITCHES = {"stall": "EMOCHAT_TEST_STALL_FILE", "hang": "EMOCHAT_TEST_HANG_FILE"}


@pytest.fixture(scope="session")
def switch_dir(tmp_path_factory) -> Iterator[Path]:
    """Where the switches of every scripted engine are, so that one can be used again."""
    folder = tmp_path_factory.mktemp("switches")
    with pytest.MonkeyPatch.context() as patch:
        for name, variable in SWITCHES.items():
            patch.setenv(variable, str(folder / name))
        yield folder


@pytest.fixture(scope="session")
def ray_cluster(switch_dir, tmp_path_factory) -> Iterator[RayCluster]:
    """A cluster with an engine of its own, and any that tests deploy to it."""
    if find_spec("ray") is None:  # to import it here would be too early
        pytest.skip("Ray is not installed (requirements-ray.txt)")
    cluster = RayCluster(tmp_path_factory.mktemp("ray")).start()
    yield cluster
    cluster.stop()


@pytest.fixture
def scripted(tmp_path, switch_dir):
    """Return a config of an engine without any weights; it is up within 0.2 s."""
    return EngineConfig(
        classifiers=(),
        decoder="tests.fakes:scripted_generator",
        runtime_dir=tmp_path / "run",
        hang_timeout_s=1.0,
        orphan_timeout_s=1.0,
        start_timeout_s=20.0,
    )


@pytest.fixture
def switch(switch_dir):
    """Return a function that makes scripted engines stall or hang, or go on."""

    def set_switch(name: str, *, on: bool) -> None:
        path: Path = switch_dir / name
        path.touch() if on else path.unlink(missing_ok=True)

    yield set_switch
    for name in SWITCHES:
        set_switch(name, on=False)


@pytest.fixture
def deployed(request):
    """Return a function that puts an engine where its client will look for it.

    The clients of the other hosts start theirs themselves.
    """

    async def deploy(config):
        if config.host != "ray":
            return config
        return await request.getfixturevalue("ray_cluster").deployed(config)

    return deploy


@pytest.fixture
async def start(deployed):
    """Return a function that starts a client; all of them are closed at the end."""
    clients = []

    async def start_client(config, on_progress=None):
        config = await deployed(config)
        clients.append(create_client(config, on_progress))
        await clients[-1].start()
        return clients[-1]

    yield start_client
    for client in clients:
        await client.close()
