"""kill -9 amid 20 streams: twice here, fifty times by `make test-faults`."""

from __future__ import annotations

import time

import pytest

from tests.faults.kill9 import TARGETS, kill_again_and_again

pytestmark = pytest.mark.faults
N_REPEATS = 2


@pytest.mark.parametrize("target", TARGETS)
def test_every_acked_message_is_there_once_and_every_reply_ends_once(
    server, people, target
):
    seed = time.time_ns() % 10_000
    repeats = kill_again_and_again(server, people, target, N_REPEATS, seed)
    assert [v for repeat in repeats for v in repeat.violations] == []
    assert sum(repeat.counts for repeat in repeats) == N_REPEATS
    assert all(repeat.is_same_helper == (target == "web") for repeat in repeats)
