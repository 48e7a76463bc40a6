"""Whether there is room for a message, asked before it is stored.

Under overload a refusal would wait for the database behind the messages that were taken,
so what is refused for want of room is refused from memory. Two kinds are let through to
where it is known for sure: a message that speaks of danger, whose reply needs no room, and
one that this process has stored before, which only asks for its ack again. Where another
process stored it, its sender is told to try again, and has the ack then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat import runtime
from chat.care.detect import assess
from chat.errors import ChatError, Overloaded

if TYPE_CHECKING:
    from uuid import UUID

MAX_STORED = 10_000  # some minutes of messages, a megabyte

_stored: dict[UUID, None] = {}  # in the order that they came


def check() -> None:
    """Raise ChatError where a new message could not be served soon."""
    runtime.runner().check_admission()


def refuse_at_once(message: UUID, text: str) -> None:
    """Raise Overloaded for a message that surely needs room; asks no database.

    Any other reason not to take a message is for the transaction to find.
    """
    try:
        check()
    except Overloaded:
        if message not in _stored and assess(text) is None:
            raise
    except ChatError:
        pass


def note_stored(message: UUID) -> None:
    """Remember a message that this process has stored."""
    _stored[message] = None
    while len(_stored) > MAX_STORED:
        del _stored[next(iter(_stored))]
