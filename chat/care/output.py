"""The check behind the model: what it says passes here, word by word, before anybody.

Text is let through as soon as no ban can begin in it. Held back is at most the clause in
which one may be forming: each clause's end forgets what came before.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat.care import texts
from chat.care.output_rules import bans, is_harsh
from chat.care.phrases import advance, closure, expanded

if TYPE_CHECKING:
    from chat.care.output_rules import Ban, Fault

_PIECE = re.compile(r"[A-Za-z0-9]+(?:['\u2019][A-Za-z]+)*|[.!?;:\n]")
_INSTEAD = {
    "insult": texts.INSTEAD,
    "worthless": texts.INSTEAD_WORTHLESS,
    "advice": texts.INSTEAD_ADVICE,
    "human": texts.INSTEAD_HUMAN,
}
_DENIALS = frozenset({"not", "never", "no", "nor", "neither", "nothing"})
MAX_WORD = 40  # no ban has a longer one: a flood without spaces is not held back


@dataclass(frozen=True, slots=True)
class _Open:
    """A ban that is being said: how far it is, and at which character it began."""

    ban: Ban
    at: int
    start: int


class OutputCheck:
    """Lets a reply through piece by piece until it says what it must not.

    Then `fault` names the kind, nothing more is let through, and `instead` is what to
    say in place of the whole reply.
    """

    def __init__(self, message: str, seed: int = 0) -> None:
        self.fault: Fault | None = None
        self._beginnings = _beginnings(after_harsh=is_harsh(message))
        self._seed = seed
        self._text = ""
        self._n_read = 0  # characters whose words were looked at
        self._n_out = 0  # characters let through
        self._open: list[_Open] = []
        self._is_denied = False
        self._is_start = True

    @property
    def instead(self) -> str:
        choice = _INSTEAD[self.fault or "insult"]
        return choice[self._seed % len(choice)]

    def feed(self, text: str) -> str:
        """Take what the model said; return what may be shown now."""
        self._text += text
        self._read(is_end=False)
        return self._let_through(self._safe_end())

    def flush(self) -> str:
        """The model has ended: return the rest, if it may be shown."""
        self._read(is_end=True)
        if self.fault is None:
            self._step("<end>", len(self._text))
        return self._let_through(len(self._text))

    def _read(self, *, is_end: bool) -> None:
        for piece in _PIECE.finditer(self._text, self._n_read):
            # A word may go on in the next token, also after an apostrophe.
            rest = self._text[piece.end() :]
            if not is_end and piece[0][0].isalnum() and rest in ("", "'", "\u2019"):
                return
            self._n_read = piece.end()
            if self.fault is None:
                self._take(piece[0].lower().replace("\u2019", "'"), piece.start())

    def _take(self, piece: str, start: int) -> None:
        if not piece[0].isalnum():
            self._step("<end>", start)
            self._open, self._is_denied = [], False
            self._is_start = True
            return
        for word in expanded(piece):
            self._step(word, start)

    def _step(self, word: str, start: int) -> None:
        may_begin = self._beginnings.of_word.get(word, ())
        begun = [_Open(ban, 0, start) for ban in may_begin if self._may_begin(ban)]
        self._open = [
            _Open(one.ban, at, one.start)
            for one in [*self._open, *begun]
            for at in advance(one.ban.phrase, one.at, word)
        ]
        for one in self._open:
            if one.at == len(one.ban.phrase):
                self.fault = one.ban.fault
        self._open = [one for one in self._open if one.at < len(one.ban.phrase)]
        self._is_denied |= word in _DENIALS
        self._is_start = False

    def _may_begin(self, ban: Ban) -> bool:
        return not (ban.deniable and self._is_denied) and (
            self._is_start or not ban.opens
        )

    def _safe_end(self) -> int:
        """Up to where nothing can become what must not be said."""
        starts = [one.start for one in self._open]
        tail = re.search(r"[A-Za-z0-9'\u2019]+$", self._text[self._n_read :])
        if tail and len(tail[0]) <= MAX_WORD and (starts or self._may_start(tail[0])):
            starts.append(self._n_read + tail.start())
        return min(starts, default=len(self._text))

    def _may_start(self, partial: str) -> bool:
        word = partial.lower().replace("\u2019", "'")
        return word.split("'")[0] in self._beginnings.heads

    def _let_through(self, end: int) -> str:
        if self.fault is not None or end <= self._n_out:
            return ""
        start, self._n_out = self._n_out, end
        return self._text[start:end]


@dataclass(frozen=True, slots=True)
class _Beginnings:
    """The bans that each word may begin, and every head of such a word."""

    of_word: dict[str, list[Ban]]
    heads: frozenset[str]


@functools.cache
def _beginnings(*, after_harsh: bool) -> _Beginnings:
    of_word: dict[str, list[Ban]] = {}
    for ban in bans(after_harsh=after_harsh):
        for word in _first_words(ban):
            of_word.setdefault(word, []).append(ban)
    heads = {word[:end] for word in of_word for end in range(len(word) + 1)}
    return _Beginnings(of_word, frozenset(heads))


def _first_words(ban: Ban) -> frozenset[str]:
    places = closure(ban.phrase, 0)
    return frozenset().union(
        *(ban.phrase[at].words for at in places if at < len(ban.phrase))
    )
