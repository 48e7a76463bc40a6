"""The helper process under fire: killed, hung, shared, orphaned, told to go."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from inference.errors import EngineLost
from inference.hosts.factory import create_client
from inference.hosts.places import ALREADY_RUNNING, HelperPlaces, holder_of
from inference.types import GenerateRequest
from tests.fakes import WORDS
from tests.inference.test_hosts import WHOLE, collect, request, until

pytestmark = pytest.mark.faults
ROOT = Path(__file__).resolve().parents[2]

SERVE = """
import sys
from inference.config import EngineConfig
from inference.hosts.child import serve
sys.exit(serve(EngineConfig.from_json(sys.argv[1]), on_progress=lambda t: print(t, flush=True)))
"""
WEB_PROCESS = """
import asyncio, sys
from inference import EngineConfig, create_client
async def main():
    client = create_client(EngineConfig.from_json(sys.argv[1]))
    await client.start()
    print("ready", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def run_python(code, config):
    return subprocess.Popen(
        [sys.executable, "-c", code, config.to_json()], cwd=ROOT, stdout=subprocess.PIPE
    )


def helper_pid(config):
    return holder_of(HelperPlaces(config).helper_lock)


async def pid_of_new_helper(config, old_pid, timeout_s=5.0):
    await until(lambda: helper_pid(config) not in (None, old_pid), timeout_s)
    return helper_pid(config)


async def until_admitting(client, timeout_s=5.0):
    def admits():
        with suppress(EngineLost):
            client.check_admission()
            return True
        return False

    await until(admits, timeout_s)


@pytest.fixture
def config(scripted):
    yield scripted
    if pid := helper_pid(scripted):
        os.kill(pid, signal.SIGKILL)
        pytest.fail("a helper was left behind")


@pytest.fixture
def processes():
    running = []
    yield running.append
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


async def test_kill_9_ends_every_open_request_within_a_second(config, start, switch):
    switch("stall", on=True)
    client = await start(config)
    replies = [asyncio.create_task(collect(client, request(str(i)))) for i in range(20)]
    await until(lambda: client.stats().n_running == 20)
    os.kill(helper_pid(config), signal.SIGKILL)
    results = await asyncio.wait_for(
        asyncio.gather(*replies, return_exceptions=True), 1.0
    )
    assert [type(result) for result in results] == [EngineLost] * 20
    with pytest.raises(EngineLost):
        client.check_admission()


async def test_a_killed_helper_is_started_again(config, start):
    client = await start(config)
    for _ in range(3):
        pid = helper_pid(config)
        os.kill(pid, signal.SIGKILL)
        await pid_of_new_helper(config, pid)
        await until_admitting(client)
        assert (await collect(client, request()))[0] == WHOLE


@pytest.mark.parametrize("how", ["hang", "SIGSTOP"])
async def test_a_hung_helper_is_killed_and_started_again(config, start, switch, how):
    client = await start(config)
    pid = helper_pid(config)
    reply = asyncio.create_task(collect(client, request()))
    await asyncio.sleep(0.02)
    if how == "hang":
        switch("hang", on=True)
    else:
        os.kill(pid, signal.SIGSTOP)
    with pytest.raises(EngineLost):
        await asyncio.wait_for(reply, config.hang_timeout_s + 1.5)
    switch("hang", on=False)
    await pid_of_new_helper(config, pid)
    await until_admitting(client)
    assert (await collect(client, request()))[0] == WHOLE


async def test_a_busy_web_process_does_not_take_its_helper_for_hung(config, start):
    client = await start(config)
    pid = helper_pid(config)
    time.sleep(2 * config.hang_timeout_s)
    await asyncio.sleep(0.1)
    assert (await collect(client, request()))[0] == WHOLE
    assert helper_pid(config) == pid


async def test_two_clients_share_one_helper_and_use_the_same_ids(config, start):
    first, second = await start(config), await start(config)
    pid = helper_pid(config)
    results = await asyncio.gather(
        collect(first, request()), collect(second, request())
    )
    assert [text for text, _ in results] == [WHOLE] * 2
    assert helper_pid(config) == pid


async def test_a_client_that_leaves_ends_only_its_own_replies(config, start, switch):
    switch("stall", on=True)
    first, second = await start(config), await start(config)
    lost = asyncio.create_task(collect(first, request()))
    kept = asyncio.create_task(collect(second, request()))
    await until(lambda: second.stats().n_running == 2)
    pid = helper_pid(config)
    await first.close()
    with pytest.raises(EngineLost):
        await lost
    await until(lambda: second.stats().n_running == 1)
    switch("stall", on=False)
    assert (await kept)[0] == WHOLE
    assert helper_pid(config) == pid


async def test_who_stays_takes_over_the_part_of_the_supervisor(config, start):
    first, second = await start(config), await start(config)
    await first.close()
    pid = helper_pid(config)
    os.kill(pid, signal.SIGKILL)
    await pid_of_new_helper(config, pid)
    await until_admitting(second)
    assert (await collect(second, request()))[0] == WHOLE


async def test_the_last_client_to_close_ends_the_helper_at_once(config):
    first, second = create_client(config), create_client(config)
    await first.start()
    await second.start()
    await first.close()
    assert helper_pid(config) is not None
    started_s = time.monotonic()
    await second.close()
    assert time.monotonic() - started_s < 1.0
    assert helper_pid(config) is None
    assert not HelperPlaces(config).socket.exists()


async def test_closing_kills_a_helper_that_does_not_answer(config, monkeypatch):
    monkeypatch.setattr("inference.hosts.helper.FAREWELL_TIMEOUT_S", 0.2)
    client = create_client(replace(config, hang_timeout_s=60.0))
    await client.start()
    os.kill(helper_pid(client.main._config), signal.SIGSTOP)
    await client.close()
    assert helper_pid(client.main._config) is None


async def test_closing_during_the_start_leaves_nothing(config):
    client = create_client(replace(config, decoder="tests.fakes:slow_to_load"))
    starting = asyncio.create_task(client.start())
    await asyncio.sleep(0.2)
    starting.cancel()
    await client.close()
    assert helper_pid(replace(config, decoder="tests.fakes:slow_to_load")) is None


async def test_an_orphaned_helper_leaves(config, processes):
    web = run_python(WEB_PROCESS, config)
    processes(web)
    assert await asyncio.to_thread(web.stdout.readline) == b"ready\n"
    assert helper_pid(config) is not None
    web.kill()
    await until(lambda: helper_pid(config) is None, config.orphan_timeout_s + 2.0)
    assert not HelperPlaces(config).socket.exists()


async def test_an_orphan_is_adopted_by_the_next_web_process(config, processes, start):
    web = run_python(WEB_PROCESS, config)
    processes(web)
    await asyncio.to_thread(web.stdout.readline)
    pid = helper_pid(config)
    web.kill()
    client = await start(config)
    await asyncio.sleep(config.orphan_timeout_s + 0.5)
    assert helper_pid(config) == pid
    assert (await collect(client, request()))[0] == WHOLE


async def test_a_stale_socket_file_is_no_obstacle(config, start):
    places = HelperPlaces(config)
    places.make()
    places.socket.touch()
    assert (await collect(await start(config), request()))[0] == WHOLE


async def test_the_socket_is_for_this_user_only(config, start):
    await start(config)
    places = HelperPlaces(config)
    assert stat.S_IMODE(places.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(places.runtime_dir.stat().st_mode) == 0o700


async def test_rubbish_on_the_socket_hurts_nobody_else(config, start):
    client = await start(config)
    reply = asyncio.create_task(collect(client, request()))
    for rubbish in (b"\xff" * 100, b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00\x00\x01\xc1"):
        reader, writer = await asyncio.open_unix_connection(HelperPlaces(config).socket)
        writer.write(rubbish)
        await asyncio.wait_for(reader.read(), 2.0)
        writer.close()
    assert (await reply)[0] == WHOLE


async def test_an_engine_run_alone_serves_and_stays(config, processes, start):
    alone = run_python(SERVE, config)
    processes(alone)
    while await asyncio.to_thread(alone.stdout.readline) != b"ready\n":
        pass
    client = create_client(config)
    await client.start()
    assert (await collect(client, request()))[0] == WHOLE
    await client.close()
    assert helper_pid(config) == alone.pid
    second = run_python(SERVE, config)
    processes(second)
    assert await asyncio.to_thread(second.wait) == ALREADY_RUNNING
    alone.terminate()
    assert await asyncio.to_thread(alone.wait) == 0
    assert not HelperPlaces(config).socket.exists()


async def test_a_helper_that_dies_while_loading_fails_the_start(config):
    client = create_client(replace(config, decoder="os:abort"))
    try:
        with pytest.raises(EngineLost, match="exit code"):
            await client.start()
    finally:
        await client.close()


async def test_an_unusable_folder_fails_the_start(config, tmp_path):
    (tmp_path / "file").touch()
    client = create_client(replace(config, runtime_dir=tmp_path / "file" / "run"))
    with pytest.raises(EngineLost):
        await client.start()
    await client.close()


async def test_a_long_message_fits_into_a_frame(config, start):
    client = await start(config)
    asked = GenerateRequest("a", "😢" * 4000, None, request().history, max_new_tokens=2)
    assert (await collect(client, asked))[0] == " ".join(WORDS[:2])
