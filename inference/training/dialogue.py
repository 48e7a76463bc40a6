"""Read message/reply pairs, drop the replies a bot should not learn, weigh the rest."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inference.training.data import DataError, read_json_lines
from inference.types import HistoryTurn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

MAX_SAME_REPLY = 8
MAX_REPLY_WORDS = 32

_OWN_LIFE = re.compile(
    r"\b(me too|same here|mine|i was|i had|i have|i've|i went|i used|i got|i did|i do|i love"
    r"|i hate|i like|i wish i|i never|i always|i live|i work|i remember|i can't|i don't"
    r"|i didn't|i couldn't|i haven't|i need|i want|i just|i once|i ate|i saw|i own|i grew"
    r"|i also|i actually|i usually|i tried|i know i|i am (?:an?|not|the|also|too|from|in)"
    r"|i'm (?:an?|not|the|also|too|from|in)|i would (?:hate|love|never|have|not|probably)"
    r"|i'd|i could|i might|i will|i'll|i feel (?:the same|that|like)|with me|to me|we|our|us"
    r"|when i|if i|happened to me|my \w+|myself)\b"
)
_CARELESS = re.compile(
    r"\b(lol|lmao|haha\w*|suck\w*|stupid|dumb|idiot|drunk|kill\w*|die|sue|jealous|fault|crap"
    r"|damn|dang|hell|ass|shit|gross|fat|ugly|crazy|insane|god|pray\w*|lord|bless\w*|jesus"
    r"|calm down|get over|shut up|too bad|so what|who cares|grow up|man up|gun|revenge"
    r"|did you deserve|why did you do|is that good or bad|dude|bro|yall|y'all|girl|buddy"
    r"|yea|yeah|ya|u|ur|wowza|yikes|hehe|guilty)\b"
)
_STOP_WORDS = frozenset(
    re.findall(
        r"\S+",
        "the and that this you your was were have has had are for with not but did what how they"
        " them his her she him from when then just very really been being get got can will would"
        " about out all any too one there their its it's i'm is so of to in on at it my me we do"
        " sounds sorry hear must that's glad good great like know think feel sure hope time",
    )
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A message in its place and the reply to learn; `weight` scales its loss."""

    label: str | None
    history: tuple[HistoryTurn, ...]
    message: str
    reply: str
    weight: float = 1.0


def read_pairs(path: Path) -> list[Pair]:
    """Return the pairs of a jsonl; raise DataError at the first bad line."""
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    return [_pair(path, number, row) for number, row in read_json_lines(path)]


def _pair(path: Path, number: int, row: dict[str, Any]) -> Pair:
    try:
        history = _history(row.get("context") or [])
        return Pair(row.get("emotion"), history, row["message"], row["reply"])
    except (KeyError, TypeError) as error:
        raise DataError(
            f"{path}, line {number}: message or reply is missing."
        ) from error


def _history(context: Sequence[str]) -> tuple[HistoryTurn, ...]:
    """Pair the earlier turns up; the other speaker spoke last, so an odd first is dropped."""
    even = context[len(context) % 2 :]
    return tuple(
        HistoryTurn(message, reply)
        for message, reply in zip(even[::2], even[1::2], strict=True)
    )


def select_pairs(pairs: Iterable[Pair]) -> list[Pair]:
    """Return the pairs worth learning, weighted: specific up, common down."""
    kept = [pair for pair in pairs if is_fit_reply(pair.reply)]
    counts = Counter(_key(pair.reply) for pair in kept)
    return [
        replace(pair, weight=_weight(pair, counts[_key(pair.reply)]))
        for pair in _without_surplus(kept)
    ]


def is_fit_reply(reply: str) -> bool:
    """Tell whether a bot may say this: no life of its own, nothing careless."""
    text = reply.lower()
    n_words = len(text.split())
    is_sized = 3 <= n_words <= MAX_REPLY_WORDS
    return is_sized and not (_OWN_LIFE.search(text) or _CARELESS.search(text))


def _without_surplus(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield at most MAX_SAME_REPLY pairs with one and the same reply."""
    seen: Counter[str] = Counter()
    for pair in pairs:
        seen[_key(pair.reply)] += 1
        if seen[_key(pair.reply)] <= MAX_SAME_REPLY:
            yield pair


def _weight(pair: Pair, n_same: int) -> float:
    """Return 1.5 for a reply that takes up the message's words, 0.5 for a common one."""
    if _content(pair.reply) & _content(pair.message):
        return 1.5
    return 0.5 if n_same > 2 or len(pair.reply.split()) < 5 else 1.0


def _content(text: str) -> set[str]:
    words = re.findall(r"[a-z']{3,}", text.lower())
    return {word.removesuffix("s") for word in words} - _STOP_WORDS


def _key(reply: str) -> str:
    return re.sub(r"[^a-z ]", "", reply.lower())
