from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from benchmarks import processes
from benchmarks.processes import Cores, Meter, launch, memory_mib, split_cores, stop

if TYPE_CHECKING:
    from pathlib import Path

BURN = """
import subprocess, sys, time
if sys.argv[1:]:
    child = subprocess.Popen([sys.executable, __file__])
while time.process_time() < 0.3: pass
print("burnt", flush=True)
if sys.argv[1:]:
    child.wait()
    print("burnt", flush=True)
time.sleep(60)
"""


@pytest.fixture
def burn(tmp_path: Path) -> Path:
    path = tmp_path / "burn.py"
    path.write_text(BURN)
    return path


def wait_for(process: subprocess.Popen[bytes], log: Path, n_lines: int) -> None:
    while log.read_text().count("burnt") < n_lines:
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)


def test_a_familys_cost_is_counted_and_it_is_ended_as_one(
    burn: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    process = launch([sys.executable, str(burn), "2"], log, split_cores(), 1)
    meter = Meter([process.pid])
    meter.start()
    wait_for(process, log, 2)
    own_s, _ = meter.stop()
    assert own_s >= 0.5  # of the 0.6 that the two burn; a little before the start
    assert memory_mib([process.pid]) > 1
    family = processes.tree(process.pid)
    assert len(family) == 2
    stop(process)
    _, left = psutil.wait_procs(family, timeout=10)
    assert all(member.status() == psutil.STATUS_ZOMBIE for member in left)


def test_what_has_ended_stays_counted(burn: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = launch([sys.executable, str(burn), "2"], log, Cores(), 1)
    wait_for(process, log, 2)
    before_s = processes.cpu_s([process.pid])
    (child,) = psutil.Process(process.pid).children()
    child.kill()
    wait_for(process, log, 3)
    assert not psutil.Process(process.pid).children()
    assert processes.cpu_s([process.pid]) >= before_s >= 0.5
    stop(process)


def test_it_runs_on_the_cores_it_is_given(burn: Path, tmp_path: Path) -> None:
    cores = split_cores()
    if not cores.server:
        pytest.skip("one core, or a system that cannot pin")
    own = psutil.Process().cpu_affinity()
    process = launch([sys.executable, str(burn)], tmp_path / "log", cores, 1)
    assert psutil.Process(process.pid).cpu_affinity() == list(cores.server)
    assert psutil.Process().cpu_affinity() == own
    stop(process)


def test_without_cores_nothing_is_pinned(burn: Path, tmp_path: Path) -> None:
    process = launch([sys.executable, str(burn)], tmp_path / "log", Cores(), 1)
    assert psutil.Process(process.pid).is_running()
    stop(process)


def test_what_others_take_is_neither_ours_nor_the_clients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 10 s on two cores 8 were busy: 3 ours, 1 the clients', so 4 of 20 elsewhere."""
    readings = {
        "cpu_s": iter([100.0, 103.0]),
        "driver_s": iter([50.0, 51.0]),
        "busy_s": iter([1000.0, 1008.0]),
    }
    for name, values in readings.items():
        monkeypatch.setattr(processes, name, lambda *_, values=values: next(values))
    clock = iter([0.0, 10.0])
    monkeypatch.setattr(processes.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(processes.os, "cpu_count", lambda: 2)
    meter = Meter([1])
    meter.start()
    own_s, share = meter.stop()
    assert (own_s, share) == (3.0, pytest.approx(0.2))
