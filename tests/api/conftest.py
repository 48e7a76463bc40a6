from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.chat.cast import Somebody, make_somebody

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def alice(db: None) -> Somebody:
    return make_somebody("Alice")


@pytest.fixture
def charlie(db: None) -> Somebody:
    return make_somebody("Charlie")


@pytest.fixture
def client_of() -> Callable[[Somebody], Client]:
    """Make the HTTP client of a person who is signed in."""

    def make(who: Somebody) -> Client:
        client = Client(raise_request_exception=False)
        client.cookies["sessionid"] = who.session_key
        return client

    return make
