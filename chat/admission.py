"""Whether there is room for a message, asked before it is stored.

Under overload a refusal would wait for the database behind the messages that were taken,
so what is refused for want of room is refused from memory. Two kinds are let through to
where it is known for sure: a message that speaks of danger, whose reply needs no room, and
one that this process has stored before, which only asks for its ack again. Where another
process stored it, its sender is told to try again, and has the ack then.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

from chat import runtime
from chat.care.detect import assess
from chat.errors import ChatError, Overloaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

MAX_STORED = 10_000  # some minutes of messages, a megabyte

_stored: dict[UUID, None] = {}  # in the order that they came


def check() -> None:
    """Raise ChatError where a new message could not be served soon."""
    runtime.runner().check_admission()


def refuse_at_once(message: UUID, text: str) -> ChatError | None:
    """Raise Overloaded where there surely is no room; return what else is in the way."""
    try:
        check()
    except Overloaded as error:
        if message not in _stored and assess(text) is None:
            raise
        return error
    except ChatError as error:
        return error
    return None


@contextmanager
def hold_room(message: UUID, text: str) -> Iterator[Callable[[], None]]:
    """Hold room while a message is stored; raise Overloaded where there surely is none.

    Yields the check for its transaction, which raises what else keeps it from being
    taken; a message that holds room passes, though the last room was taken meanwhile.
    """
    refusal = refuse_at_once(message, text)
    with nullcontext() if refusal else runtime.runner().storing(message):
        yield partial(_pass_unless, refusal)


def _pass_unless(refusal: ChatError | None) -> None:
    if refusal:
        raise refusal


def note_stored(message: UUID) -> None:
    """Remember a message that this process has stored."""
    _stored[message] = None
    while len(_stored) > MAX_STORED:
        del _stored[next(iter(_stored))]
