from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys

from inference.config import EngineConfig
from inference.hosts.places import FileLock, HelperPlaces, holder_of
from inference.scheduler import Limits


def test_a_socket_fits_however_deep_the_folder_is(tmp_path):
    deep = tmp_path / ("deep/" * 30)
    places = HelperPlaces(EngineConfig(runtime_dir=deep))
    places.make()
    assert len(os.fsencode(places.socket)) <= 100
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(places.socket))
    places.socket.unlink()
    assert stat.S_IMODE(places.socket.parent.stat().st_mode) == 0o700
    assert HelperPlaces(EngineConfig(runtime_dir=deep)).socket == places.socket
    places.socket.parent.rmdir()


def test_two_deep_folders_do_not_share_a_socket(tmp_path):
    paths = {
        HelperPlaces(EngineConfig(runtime_dir=tmp_path / name / ("x" * 90))).socket
        for name in "ab"
    }
    assert len(paths) == 2


def test_only_equal_settings_share_a_helper(tmp_path):
    configs = [
        EngineConfig(runtime_dir=tmp_path),
        EngineConfig(runtime_dir=tmp_path, classifiers=("bert",)),
        EngineConfig(runtime_dir=tmp_path, limits=Limits(n_slots=2)),
        EngineConfig(runtime_dir=tmp_path, decoder="tests.fakes:scripted_generator"),
    ]
    assert len({HelperPlaces(config).socket for config in configs}) == 4


def test_a_config_survives_the_way_to_another_process(tmp_path):
    for config in (
        EngineConfig(),
        EngineConfig(classifiers=(), reply_model=tmp_path, limits=Limits(n_slots=2)),
        EngineConfig(classifiers=("bert", "roberta"), device="cpu", hang_timeout_s=1.5),
    ):
        assert EngineConfig.from_json(config.to_json()) == config


def test_a_lock_is_held_by_one_and_tells_by_whom(tmp_path):
    path = tmp_path / "lock"
    first, second = FileLock(path), FileLock(path)
    assert holder_of(path) is None
    assert first.try_acquire()
    assert first.try_acquire()
    assert not second.try_acquire()
    assert holder_of(path) is None  # nobody wrote a process id yet
    first.write_pid()
    assert holder_of(path) == os.getpid()
    first.release()
    assert holder_of(path) is None
    assert second.try_acquire()
    second.release()


def test_a_lock_goes_with_its_process(tmp_path):
    path = tmp_path / "lock"
    code = (
        "import sys; from pathlib import Path; from inference.hosts.places import FileLock\n"
        "lock = FileLock(Path(sys.argv[1])); print(lock.try_acquire(), flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout.readline() == b"True\n"
        assert not FileLock(path).try_acquire()
        other.kill()
        other.wait()
    lock = FileLock(path)
    assert lock.try_acquire()
    lock.release()
