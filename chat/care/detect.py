"""Does a message speak of danger? Rules over normalised text: no model, no memory.

Recall comes first: where it is not sure, the message counts as dangerous, since a kind
fixed text costs little and a careless one may cost very much.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat.care.innocent import IDIOMS, SCENES
from chat.care.normalise import normalise
from chat.care.rules_others import ABUSE, DANGER, OTHER
from chat.care.rules_self import SELF_HARM, SUICIDE

if TYPE_CHECKING:
    from chat.care.rules import Kind, Rule

RULES_VERSION = "rules-3"

# The first kind that is found decides what is said: the most urgent first.
ORDER = (DANGER, OTHER, SUICIDE, ABUSE, SELF_HARM)
_DENIAL = re.compile(r"\b(?:not|never|nobody|without|nor|neither)(?: [a-z]+){0,3} ?$")
_NO_DENIAL = re.compile(
    r"\b(?:not (?:promise|stop|help|yet|only|ok|okay|fine|sure|know|joking|kidding|lying"
    r"|even|stand|just|going to lie|control|resist|tell|deny|think straight|wait)"
    r"|not been able|promis\w*|told|lied|lie|why|if i|almost not)\b"
)
_TAKEN_BACK = re.compile(r"\b(?:yet|but i lied|i lied|anymore i|for real|lying)\b")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: the kind decides the text that the person gets."""

    kind: Kind
    version: str = RULES_VERSION


def assess(text: str) -> Finding | None:
    """Return what danger a message speaks of, or None; a millisecond at most for most."""
    plain = IDIOMS.sub(" , ", normalise(text))
    if not _any_rule().search(plain):
        return None
    is_scene = bool(SCENES.search(plain))
    for rules in ORDER:
        if any(_holds(rule, plain, is_scene) for rule in rules):
            return Finding(rules[0].kind)
    return None


@functools.cache
def _any_rule() -> re.Pattern[str]:
    """All rules in one: most messages meet none, and one search tells it in a third of
    the time that 200 take."""
    return re.compile("|".join(rule.pattern.pattern for rs in ORDER for rule in rs))


def _holds(rule: Rule, plain: str, is_scene: bool) -> bool:
    if is_scene and not rule.firm:
        return False
    for match in rule.pattern.finditer(plain):
        if rule.deniable and _is_denied(plain, match, rule):
            continue
        if rule.innocent and rule.innocent.search(plain):
            continue
        return True
    return False


def _is_denied(plain: str, match: re.Match[str], rule: Rule) -> bool:
    """Whether the clause says that it is not so: "I would never ...", "not suicidal"."""
    start = max(plain.rfind(stop, 0, match.start()) for stop in (" . ", " but ", " , "))
    before = plain[max(start, 0) : match.start()]
    inside = match[0].rsplit(" ", 1)[0]
    # A rule that asks for a "not" itself is not denied by it.
    is_inside = "not" not in rule.text and re.search(r"\b(?:never|not)\b", inside)
    if not (is_inside or _DENIAL.search(before)):
        return False
    clause = plain[max(start, 0) : plain.find(" . ", match.end()) % (len(plain) + 1)]
    return not (_NO_DENIAL.search(before + inside) or _TAKEN_BACK.search(clause))
