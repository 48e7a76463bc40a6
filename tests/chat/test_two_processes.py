"""Two web processes, one Redis, one engine: where a socket is does not matter."""

from __future__ import annotations

import copy
import shutil
import subprocess
import time
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest
import redis

from tests.inference.ray_apps import RayCluster
from tests.server import LiveServer, free_port
from tests.wire import open_socket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(
    not shutil.which("redis-server"), reason="Debian's redis-server is not installed"
)
SCRIPTED = {"EMOCHAT_TEST_DECODER": "tests.fakes:scripted_generator"}


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1"]
    process = subprocess.Popen(
        [*command, "--save", "", "--appendonly", "no"], stdout=subprocess.DEVNULL
    )
    with redis.Redis(port=port) as client:
        until_it_answers(client)
    yield f"redis://127.0.0.1:{port}/0"
    process.terminate()
    process.wait(10)


def until_it_answers(client: redis.Redis) -> None:
    end_s = time.monotonic() + 20
    while time.monotonic() < end_s:
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("redis-server does not answer")


@pytest.fixture(scope="module", params=["helper", "ray"])
def pair(
    request: pytest.FixtureRequest,
    make_server: Callable[..., LiveServer],
    redis_url: str,
) -> Iterator[tuple[LiveServer, LiveServer]]:
    """Two servers of one database; both find the same engine."""
    env = SCRIPTED | {"REDIS_URL": redis_url, "EMOCHAT_TEST_STEP_S": "0.3"}
    first = make_server(**env, EMOCHAT_ENGINE=request.param)
    with engine_of(first):
        second = copy.copy(first.start())
        second.port, second.process = free_port(), None
        yield first, second.start()
        assert [server.stop() for server in (second, first)] == [0, 0]


@contextmanager
def engine_of(server: LiveServer) -> Iterator[None]:
    """Run what `EMOCHAT_ENGINE=ray` asks for; a helper is started by the first server."""
    if server.env["EMOCHAT_ENGINE"] != "ray":
        yield
        return
    if find_spec("ray") is None:
        pytest.skip("Ray is not installed (requirements-ray.txt)")
    cluster = RayCluster(server.var_dir, EMOCHAT_TEST_STEP_S="0.3").start()
    try:
        yield
    finally:
        cluster.stop()


async def test_a_reply_is_watched_and_stopped_from_the_other_process(
    pair: tuple[LiveServer, LiveServer],
) -> None:
    first, second = pair
    [alice] = first.people(1)
    async with open_socket(first, alice) as here, open_socket(second, alice) as there:
        ack = await here.say("I miss her.")
        snapshot = await there.answer(
            type="subscribe", conversation=ack["conversation"]
        )
        assert snapshot["type"] == "snapshot"
        seen = await there.wait(lambda frame: frame["type"] == "reply.delta")
        assert seen["reply"] == ack["reply"]
        stopped = await there.answer(type="reply.stop", reply=ack["reply"])
        assert stopped["type"] == "ack"
        endings = [await socket.finished(ack["reply"]) for socket in (here, there)]
    assert [ending["reason"] for ending in endings] == ["stopped", "stopped"]
    assert endings[0]["text"] == endings[1]["text"]


async def test_signing_out_at_one_closes_the_sockets_of_the_other(
    pair: tuple[LiveServer, LiveServer],
) -> None:
    first, second = pair
    [alice] = first.people(1)
    async with open_socket(second, alice) as there:
        await there.wait(lambda frame: frame["type"] == "ready")
        sign_out(first, alice.session_key)
        assert await there.closed() == 4401


def sign_out(server: LiveServer, session_key: str) -> None:
    import requests

    browser = requests.Session()
    browser.cookies.set("sessionid", session_key, domain="127.0.0.1")
    browser.get(server.url + "/accounts/logout/", timeout=20)
    token = browser.cookies["csrftoken"]
    answer = browser.post(
        server.url + "/accounts/logout/",
        data={"csrfmiddlewaretoken": token},
        headers={"Referer": server.url},
        timeout=20,
    )
    assert answer.ok
