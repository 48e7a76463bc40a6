from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inference.config import EngineConfig
from inference.hosts.factory import create_client

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def scripted(tmp_path):
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
def switch(tmp_path, monkeypatch):
    """Return a function that makes an engine started later stall or hang, or go on."""
    names = {"stall": "EMOCHAT_TEST_STALL_FILE", "hang": "EMOCHAT_TEST_HANG_FILE"}
    for name, variable in names.items():
        monkeypatch.setenv(variable, str(tmp_path / name))

    def set_switch(name: str, *, on: bool) -> None:
        path: Path = tmp_path / name
        path.touch() if on else path.unlink(missing_ok=True)

    yield set_switch
    for name in names:
        set_switch(name, on=False)


@pytest.fixture
async def start():
    """Return a function that starts a client; all of them are closed at the end."""
    clients = []

    async def start_client(config, on_progress=None):
        clients.append(create_client(config, on_progress))
        await clients[-1].start()
        return clients[-1]

    yield start_client
    for client in clients:
        await client.close()
