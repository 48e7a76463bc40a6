"""The cast and the fake engine of the chat's tests."""

from __future__ import annotations

from tests.chat.conftest import (  # noqa: F401  fixtures
    alice,
    charlie,
    engine,
    fresh_layer,
    offered,
    runner,
)
