"""Which fixed reply a message gets, if any: decided once, when it is accepted.

A reply's `generator` says who writes it. One that begins with "care:" or "fixed:" is not
written by the model; the rest names the text (docs/decisions/0010).
"""

from __future__ import annotations

import re

from chat.care import texts
from chat.care.detect import assess
from chat.care.normalise import normalise

CARE_PREFIX = "care:"
FIXED_PREFIX = "fixed:"
PROGRAM = "fixed:program"
FOLLOW_UP = "care:follow_up"
LOWERED = "care:lowered"

_BEING = (
    r"(?:an? |the |some |any |just an? |even an? |really an? )?(?:real |actual |living"
    r" |human )?(?:human(?: being)?|person|people|bot|chat ?bot|robot|machine|program"
    r"|computer|ai|a i|artificial intelligence|real|alive|man|woman|boy|girl|chatgpt|gpt"
    r"|language model|software|sentient|conscious)"
)
_ASKS = re.compile(
    rf"\b(?:(?:are|r) you (?:really |actually |even |maybe |only |just |not )*{_BEING}\b"
    rf"|am i (?:really |actually )?(?:talking|chatting|speaking|writing) (?:to|with) {_BEING}"
    r"|(?:who|what) are you(?: really| exactly| actually)?(?= \.|$| ,)"
    r"|is (?:this|there|it) (?:really |actually |just )?" + _BEING + r"\b"
    r"|do you (?:have|feel|got) (?:any |real )?(?:feelings|emotions|a body|a soul"
    r"|consciousness))"
)
_SAFE = re.compile(
    r"\b(?:i am (?:(?:really|totally|actually|now|all|doing|perfectly) )*(?:ok|okay|fine"
    r"|safe|alright|good|better)(?=$| [.,]| (?:now|for now|again|today|thanks?|really|and|but)\b)"
    r"|i am (?:really |totally |actually )*(?:not (?:suicidal|in danger|going to (?:do|hurt|kill)))"
    r"|(?:just |only )?(?:kidding|joking|a joke)|jk|i did not mean (?:it|that|to)|not what i"
    r" meant|mis(?:understood|understand\w*)|i was not serious|do not worry(?: about me)?"
    r"|i am in no danger|i will not (?:do|hurt|kill)|false alarm)\b"
)


def is_care(generator: str) -> bool:
    return generator.startswith(CARE_PREFIX)


def is_fixed(generator: str) -> bool:
    """Whether no model writes this reply."""
    return generator.startswith((CARE_PREFIX, FIXED_PREFIX))


def care_of(generator: str) -> str:
    """The kind of care that a reply is: "suicide", "follow_up" ..., or ""."""
    return generator.removeprefix(CARE_PREFIX) if is_care(generator) else ""


def asks_what_it_is(text: str) -> bool:
    """Whether somebody asks if they talk with a person or a program."""
    return bool(_ASKS.search(normalise(text)))


def says_safe(text: str) -> bool:
    """Whether somebody takes back what sounded dangerous, or says that they are safe."""
    return bool(_SAFE.search(normalise(text)))


def fixed_text(generator: str, seed: int) -> str:
    """Return the text that `generator` stands for; raises KeyError for the model's."""
    if generator == PROGRAM:
        return texts.PROGRAM
    if generator == FOLLOW_UP:
        return texts.FOLLOW_UP[seed % len(texts.FOLLOW_UP)]
    return {LOWERED: texts.LOWERED}.get(generator) or texts.CARE[care_of(generator)]


def fixed_reply(text: str) -> str:
    """Return what is said to a message without a conversation, "" where the model may."""
    if finding := assess(text):
        return texts.CARE[finding.kind]
    return texts.PROGRAM if asks_what_it_is(text) else ""
