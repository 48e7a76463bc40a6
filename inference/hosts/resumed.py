"""One reply out of several attempts: the same seed gives the same words again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inference.errors import EngineLost
from inference.types import Delta, Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class ResumedReply:
    """Passes on what an attempt says beyond what the attempts before it said."""

    def __init__(self) -> None:
        self._told = ""
        self._said = ""

    def begin(self) -> None:
        """A new attempt starts from nothing."""
        self._said = ""

    def only_new(self, events: Sequence[Event]) -> Iterator[Event]:
        """Yield the events without what was told; EngineLost where the words differ."""
        for event in events:
            if not isinstance(event, Delta):
                yield event
                continue
            self._said += event.text
            n_told = len(self._told)
            if self._said[:n_told] != self._told[: len(self._said)]:
                raise EngineLost("The reply could not be resumed.")
            if new := self._said[n_told:]:
                self._told = self._said
                yield Delta(event.id, new)
