"""The helper's loop, driven turn by turn in the test's own process."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from inference.core import EngineCore
from inference.hosts import connection as connection_module
from inference.hosts import server as server_module
from inference.hosts.server import HelperServer
from inference.hosts.wire import (
    Bye,
    Cancel,
    Farewell,
    FrameReader,
    Loading,
    LoadingFailed,
    Update,
    pack,
)
from inference.scheduler import Limits
from inference.types import Delta, Failed, Finished, GenerateRequest
from tests.fakes import ScriptedGenerator


class Client:
    """One end of a connection; `frames` reads what has come so far."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.socket.setblocking(False)
        self.reader = FrameReader()

    def send(self, *frames):
        self.socket.setblocking(True)
        for frame in frames:
            self.socket.sendall(pack(frame))
        self.socket.setblocking(False)

    def frames(self):
        with contextlib.suppress(BlockingIOError):
            return list(self.reader.feed(self.socket.recv(2**20)))
        return []

    def events(self):
        return [e for f in self.frames() if isinstance(f, Update) for e in f.events]

    @property
    def is_closed(self):
        with contextlib.suppress(BlockingIOError):
            while self.socket.recv(2**20):
                pass
            return True
        return False


class Place:
    """A server on a socket of its own, and its clients."""

    def __init__(self, path, build, stays_alone=False):
        self.path, self.clients = path, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.server = HelperServer(self.listener, build, stays_alone=stays_alone)

    def turns(self, n=1):
        for _ in range(n):
            self.server.turn()

    def until(self, condition, timeout_s=5.0):
        end_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < end_s
            self.server.turn()

    def connect(self):
        self.clients.append(Client(self.path))
        self.turns()
        return self.clients[-1]

    def warm(self):
        client = self.connect()
        self.until(lambda: any(isinstance(f, Update) for f in client.frames()))
        return client

    def close(self):
        for client in self.clients:
            client.socket.close()
        self.server.close()
        self.listener.close()


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(server_module, "BEAT_S", 0.02)
    made = []

    def make(build=None, generator=None, **options):
        def core(report):
            return EngineCore({}, generator or ScriptedGenerator(), Limits())

        made.append(Place(tmp_path / "s", build or core, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def ask(request_id, **options):
    return GenerateRequest(request_id, "hi", None, **options)


def test_all_events_of_a_tick_come_in_one_frame(place):
    served = place()
    client = served.warm()
    client.send(ask("a"), ask("b"))
    served.until(lambda: served.server._core.has_work)
    frames = [f for f in client.frames() if isinstance(f, Update) and f.events]
    assert frames == [Update((Delta("a", "one"), Delta("b", "one")))]


def test_each_client_gets_its_own_events_only(place):
    served = place()
    first, second = served.warm(), served.connect()
    first.send(ask("same", max_new_tokens=1))
    second.send(ask("same", max_new_tokens=2))
    served.turns(6)
    assert [e.n_tokens for e in first.events() if isinstance(e, Finished)] == [1]
    assert [e.n_tokens for e in second.events() if isinstance(e, Finished)] == [2]


def test_who_comes_while_it_loads_is_told_what_it_loads(place):
    go_on = threading.Event()

    def build(report):
        report("loading bert…")
        go_on.wait()
        return EngineCore({}, ScriptedGenerator())

    served = place(build)
    client = served.connect()
    seen = []
    served.until(
        lambda: seen.extend(client.frames()) or Loading("loading bert…") in seen
    )
    client.send(ask("too early"))
    served.turns()
    assert [(e.id, e.code) for e in client.events()] == [("too early", "engine_lost")]
    go_on.set()
    served.until(lambda: any(isinstance(f, Update) for f in client.frames()))


@pytest.mark.parametrize("is_watched", [True, False])
def test_a_failed_load_ends_it_once_somebody_knows_why(place, monkeypatch, is_watched):
    monkeypatch.setattr(server_module, "FAILURE_TOLD_WITHIN_S", 0.05)

    def build(report):
        raise OSError("the disk is gone")

    served = place(build)
    if is_watched:
        client = served.connect()
    served.until(lambda: served.server.exit_code is not None)
    assert served.server.exit_code == 1
    if is_watched:
        assert LoadingFailed("the disk is gone") in client.frames()


def test_a_client_that_vanishes_frees_its_slots(place):
    served = place(generator=ScriptedGenerator(may_go_on=lambda n: n < 2))
    client, other = served.warm(), served.connect()
    client.send(ask("a"), ask("b"))
    other.send(ask("c"))
    served.until(lambda: len(served.server._core._scheduler.running) == 3)
    client.socket.close()
    served.until(lambda: len(served.server._core._scheduler.running) == 1)
    assert served.server.exit_code is None


def test_a_client_that_never_reads_is_let_go(place, monkeypatch):
    monkeypatch.setattr(connection_module, "MAX_UNSENT_BYTES", 1000)
    served = place()
    served.warm()
    connection = served.server._connections[1]
    while not connection.is_lost:
        connection.send(Loading("x" * 10_000))
    served.turns()
    assert served.server.n_clients == 0


def test_what_a_slow_reader_missed_comes_later(place):
    served = place()
    client = served.warm()
    connection = served.server._connections[1]
    for _ in range(100):
        connection.send(Loading("x" * 10_000))
    assert connection.unsent
    seen = []
    served.until(lambda: seen.extend(client.frames()) or len(seen) >= 100)
    assert not connection.is_lost


def test_cancel_reaches_the_engine(place):
    served = place(generator=ScriptedGenerator(may_go_on=lambda n: n < 2))
    client = served.warm()
    client.send(ask("a"))
    served.until(lambda: served.server._core.has_work)
    client.send(Cancel("a"), Cancel("unknown"))
    events = []
    served.until(
        lambda: events.extend(client.events()) or isinstance(events[-1:][0], Finished)
    )
    assert events[-1].reason == "stopped"


def test_the_same_id_twice_at_once_is_refused(place):
    served = place(generator=ScriptedGenerator(may_go_on=lambda n: False))
    client = served.warm()
    client.send(ask("a"), ask("a"))
    served.turns(2)
    assert [type(e) for e in client.events()] == [Failed]


@pytest.mark.parametrize(("stays_alone", "exit_code"), [(False, 0), (True, None)])
def test_the_last_farewell_ends_it_unless_it_runs_alone(place, stays_alone, exit_code):
    served = place(stays_alone=stays_alone)
    client, other = served.warm(), served.connect()
    client.send(Bye())
    served.turns()
    assert Farewell(is_ending=False) in client.frames()
    assert served.server.exit_code is None
    other.send(Bye())
    served.turns()
    assert Farewell(is_ending=not stays_alone) in other.frames()
    assert served.server.exit_code == exit_code


def test_two_farewells_at_once_end_it(place):
    served = place()
    client, other = served.warm(), served.connect()
    client.send(Bye())
    other.send(Bye())
    served.turns(2)
    assert served.server.exit_code == 0


def test_rubbish_closes_only_its_own_connection(place):
    served = place()
    client, other = served.warm(), served.connect()
    other.socket.sendall(b"\xff" * 100)
    served.turns(2)
    assert other.is_closed
    assert not client.is_closed
    assert served.server.n_clients == 1


def test_heartbeats_come_while_nothing_happens(place):
    served = place()
    client = served.warm()
    end_s = time.monotonic() + 0.2
    while time.monotonic() < end_s:
        served.turns()
    beats = [f for f in client.frames() if isinstance(f, Update)]
    assert len(beats) >= 3
    assert all(beat.stats.models == {"reply": "scripted"} for beat in beats)
