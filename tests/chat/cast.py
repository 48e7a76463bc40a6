"""People of a test's own database, and what they do most."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections

from chat.models import User
from chat.services.messages import Accepted, accept_message
from chat.services.reply_queue import Claim, claim_waiting
from tests.make_people import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Somebody:
    """A person with a live session."""

    user: User
    session_key: str

    def sends(self, text: str = "I feel fine.", **more: Any) -> Accepted:
        """Send a message, as socket, form and REST do in the end."""
        fields = {
            "session_key": self.session_key,
            "message_id": uuid.uuid4(),
            "text": text,
            "conversation_id": None,
            "classifiers": None,
            "check_admission": lambda: None,
        }
        return accept_message(**fields | more)


def make_somebody(name: str) -> Somebody:
    """Make a person without a password, which would take a second to hash."""
    user = User(email=f"{name.lower()}@example.org", display_name=name)
    user.set_unusable_password()
    user.save()
    return Somebody(user, sign_in(user))


def claim_next(*, fixed_only: bool = False) -> Claim | None:
    """Claim the one reply that is next, as a turn runner with little room would."""
    return next(iter(claim_waiting(1, fixed_only=fixed_only)), None)


def in_parallel(n: int, call: Callable[[int], Any]) -> list[Any]:
    """Call `call(0..n-1)` in threads at once; return results and exceptions."""

    def safely(number: int) -> Any:
        try:
            return call(number)
        except Exception as error:  # noqa: BLE001  an answer like any other
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(min(n, 8)) as threads:
        return list(threads.map(safely, range(n)))
