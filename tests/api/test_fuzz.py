"""schemathesis in a short form; `make fuzz` is the full one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.fuzz import fuzz

if TYPE_CHECKING:
    from tests.chat.conftest import People
    from tests.chat.scripted import HeldServer


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_is_found_at_first_sight(scripted: HeldServer, people: People) -> None:
    done = fuzz(scripted.server, [people(), people()], "--max-examples=3", "--seed=1")
    assert done.returncode == 0, done.stdout[:12000]
