"""What only Ray can do wrong: replicas that die or hang, doors that stand open."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from inference.config import RayConfig
from inference.errors import EngineBusy, EngineLost
from inference.hosts.resumed import ResumedReply
from inference.types import Delta
from tests.fakes import WORDS
from tests.inference.test_hosts import WHOLE, collect, request, until

pytestmark = pytest.mark.faults
ROOT = Path(__file__).resolve().parents[2]
BACK_WITHIN_S = 10.0


@pytest.fixture
def config(ray_cluster, scripted):
    return replace(scripted, host="ray", hang_timeout_s=3.0)


async def ends(reply):
    """Return the whole text of a reply, or that its engine was lost."""
    try:
        return (await collect(*reply))[0]
    except EngineLost:
        return "lost"


async def running_replies(client, n_replies):
    asked = [request(str(i), total_timeout_s=60) for i in range(n_replies)]
    replies = [asyncio.create_task(ends((client, one))) for one in asked]
    await until(lambda: client.stats().n_running == n_replies)
    await asyncio.sleep(0.2)
    return replies


async def test_a_killed_replica_ends_or_resumes_every_reply(
    config, ray_cluster, start, switch
):
    switch("stall", on=True)
    client = await start(config)
    replies = await running_replies(client, 20)
    [replica] = ray_cluster.replicas((await ray_cluster.deployed(config)).ray.app)
    replica.kill()
    switch("stall", on=False)
    texts = await asyncio.wait_for(asyncio.gather(*replies), BACK_WITHIN_S)
    assert set(texts) <= {WHOLE, "lost"}
    await until(lambda: admits_again(client), 60)
    assert (await collect(client, request()))[0] == WHOLE


def admits_again(client):
    try:
        client.check_admission()
    except EngineLost:
        return False
    return True


async def test_another_replica_goes_on_where_one_was_killed(
    config, ray_cluster, start, switch
):
    """Nobody sees it: the same seed gives the same words, and what was shown is skipped."""
    switch("stall", on=True)
    client = await start(replace(config, ray=RayConfig(min_replicas=2, max_replicas=2)))
    await until(lambda: client.stats().n_slots == 64, 60)
    replies = await running_replies(client, 20)
    ray_cluster.replicas(client.main._config.ray.app)[0].kill()
    switch("stall", on=False)
    texts = await asyncio.wait_for(asyncio.gather(*replies), BACK_WITHIN_S)
    assert texts == [WHOLE] * 20


async def test_a_hung_replica_is_replaced(config, ray_cluster, start, switch):
    client = await start(config)
    app = (await ray_cluster.deployed(config)).ray.app
    [hung] = ray_cluster.replicas(app)
    switch("stall", on=True)
    replies = await running_replies(client, 5)
    switch("hang", on=True)
    await asyncio.to_thread(hung.wait, config.hang_timeout_s + BACK_WITHIN_S)
    switch("hang", on=False)
    switch("stall", on=False)
    texts = await asyncio.wait_for(asyncio.gather(*replies), BACK_WITHIN_S)
    assert set(texts) <= {WHOLE, "lost"}
    await until(lambda: admits_again(client), 60)
    assert hung not in ray_cluster.replicas(app)


async def test_more_than_ray_lets_wait_is_overloaded(config, start, switch):
    switch("stall", on=True)
    own = RayConfig(max_ongoing=2, max_queued=1)
    client = await start(replace(config, ray=own, hang_timeout_s=30.0))
    replies = []
    for i in range(3):
        one = request(str(i), total_timeout_s=60)
        replies.append(asyncio.create_task(collect(client, one)))
        await asyncio.sleep(0.2)
    with pytest.raises(EngineBusy) as refusal:
        await asyncio.wait_for(collect(client, request("one too many")), 2.0)
    assert refusal.value.retry_after_s > 0
    switch("stall", on=False)
    assert [text for text, _ in await asyncio.gather(*replies)] == [WHOLE] * 3


async def test_a_reply_that_waits_in_ray_can_be_stopped(config, start, switch):
    switch("stall", on=True)
    own = RayConfig(max_ongoing=2, max_queued=5)
    client = await start(replace(config, ray=own, hang_timeout_s=2.0))
    open_ = [
        asyncio.create_task(collect(client, request(str(i), total_timeout_s=60)))
        for i in range(2)
    ]
    await asyncio.sleep(0.3)
    waiting = asyncio.create_task(collect(client, request("waits")))
    await asyncio.sleep(0.2)
    await client.cancel("waits")
    text, end = await asyncio.wait_for(waiting, 5.0)
    assert (text, end.reason) == ("", "stopped")
    for task in open_:
        task.cancel()
    await asyncio.gather(*open_, return_exceptions=True)


async def test_two_clients_may_use_the_same_ids(config, start, switch):
    switch("stall", on=True)
    first, second = await start(config), await start(config)
    stopped = asyncio.create_task(collect(first, request()))
    kept = asyncio.create_task(collect(second, request()))
    await until(lambda: second.stats().n_running == 2)
    await first.cancel("a")
    assert (await stopped)[1].reason == "stopped"
    switch("stall", on=False)
    assert (await kept)[0] == WHOLE


def test_every_socket_of_the_cluster_is_on_the_loopback(ray_cluster):
    listening = [
        connection.laddr
        for process in ray_cluster.processes()
        for connection in listening_sockets(process)
    ]
    assert len(listening) > 5
    outside = [
        address
        for address in listening
        if address.ip not in ("127.0.0.1", "::1", "::ffff:127.0.0.1")
    ]
    assert outside == []


def listening_sockets(process):
    try:
        connections = process.net_connections("tcp")
    except psutil.Error:
        return []
    return [one for one in connections if one.status == psutil.CONN_LISTEN]


INTRUDE = """
import sys, ray
ray.init(address=sys.argv[1], log_to_driver=False)
print("inside", ray.cluster_resources())
"""


@pytest.mark.parametrize("token", ["wrong" * 12, None], ids=["another token", "none"])
def test_nobody_comes_in_without_the_token(ray_cluster, token):
    address = (ray_cluster.runtime_dir / "ray.address").read_text()
    env = {k: v for k, v in os.environ.items() if not k.startswith("RAY_AUTH")}
    env |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    if token:
        env |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    intruder = subprocess.Popen(
        [sys.executable, "-c", INTRUDE, address],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = intruder.communicate(timeout=15)
    except subprocess.TimeoutExpired:  # it knocks on and on
        os.killpg(intruder.pid, signal.SIGKILL)
        said, _ = intruder.communicate()
    assert b"inside" not in said


def test_the_token_is_for_this_user_only(ray_cluster):
    assert (ray_cluster.runtime_dir / "ray.token").stat().st_mode & 0o077 == 0


def test_a_second_cluster_of_one_folder_is_refused(ray_cluster):
    second = subprocess.run(
        [sys.executable, "manage.py", "serve_ray"],
        cwd=ROOT,
        env=ray_cluster.env,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert second.returncode == 1
    assert "already" in second.stderr


def test_ray_runs_for_real_everywhere():
    """Its local testing mode would prove nothing."""
    name = "_local_testing" + "_mode"
    files = [*ROOT.glob("inference/**/*.py"), *ROOT.glob("tests/**/*.py")]
    assert not [file for file in files if name in file.read_text()]


# --- Resuming -------------------------------------------------------------------------


def told(reply, *texts):
    return [event.text for event in reply.only_new([Delta("a", t) for t in texts])]


def test_a_second_attempt_says_only_what_is_new():
    reply = ResumedReply()
    reply.begin()
    assert told(reply, "one", " two") == ["one", " two"]
    reply.begin()
    assert told(reply, "one") == []
    assert told(reply, " two three", " four") == [" three", " four"]


def test_other_words_are_not_glued_to_the_first():
    reply = ResumedReply()
    reply.begin()
    told(reply, *WORDS[:2])
    reply.begin()
    with pytest.raises(EngineLost):
        told(reply, "another")
