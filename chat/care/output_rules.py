"""What a reply must never say. Kinds: insult, worthless, advice, human."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from chat.care.phrases import Phrase, phrase

Fault = Literal["insult", "worthless", "advice", "human"]


@dataclass(frozen=True, slots=True)
class Ban:
    """`deniable`: allowed after a "not" in the same clause. `opens`: at the start only."""

    fault: Fault
    phrase: Phrase
    deniable: bool = True
    opens: bool = False


def _bans(
    fault: Fault, *texts: str, deniable: bool = True, opens: bool = False
) -> list[Ban]:
    return [Ban(fault, phrase(text), deniable, opens) for text in texts]


ALWAYS = [
    *_bans(
        "insult",
        "you are {soft}* {insult}",
        "you are {soft}* nothing|nobody|mess|mental",
        "you sound|look|seem {soft}* {insult}",
        "nobody|noone|who loves|likes|wants|needs|misses you",
        "nobody would|will|could {soft}* love|miss|like|want|care you?",
        "you deserve all? {soft}* pain|suffering|punishment",
        "you deserve to be? suffer|die|hurt|punished|alone|abused|hit",
        "it|that|this is all? {soft}* your own? fault",
        "all? your own? fault",
        "what is wrong with you",
        "i hate|despise you",
        "you should|could|can be? {soft}* ashamed",
    ),
    *_bans(
        "insult",
        "you {insult}",
        "just? get over it|yourself",
        "stop whining|complaining|crying",
        opens=True,
    ),
    *_bans(
        "insult",
        "kill|hang|shoot|drown yourself",
        "kys|fuck|fucking|bitch|cunt|faggot|nigger|retard|retarded|slut|whore",
        "shut up",
        "go die|away",
        "you should|could|must just? die|disappear",
        "the world would|is better without you",
        deniable=False,
    ),
    *_bans(
        "advice",
        "take|try|use|swallow {some}* mg? of? {drug}",
        "stop|start|quit taking|using your? {drug}",
        "increase|double|reduce|skip|change|lower your {drug}",
        "you {should}* to? take|stop|try|get|drink {some}* {drug}",
        "you have|got {soft}* {illness}",
        "you are bipolar|psychotic|schizophrenic|autistic|anorexic|diabetic",
        "have {some}* drink|drinks|beer|beers|wine|alcohol",
        "you {should}* to? sue|file|plead|press|testify",
        "sue|report him|her|them|it|your",
        "press charges",
        "get {some}* lawyer|attorney",
        "it is {soft}* legal|illegal",
        "invest|gamble {some}* money? in|on",
        "bet {some}* money",
        "buy|sell {some}* {stock}",
        "you {should}* to? invest|buy|sell {some}* {stock}",
        "put {some}* money|savings in|into",
        "take out? {some}* loan|mortgage",
    ),
    *_bans(
        "human",
        "i am {soft}* real? {human}",
        "i am {soft}* real|alive|pregnant|married|divorced|single",
        "i am not {soft}* bot|robot|program|machine|ai|computer|chatbot",
        "i am in my twenties|thirties|forties|fifties|sixties|teens",
        "i have|had {some}* {family}",
        "i have|had {some}* friend|friends",
        "my own? {family}",
        "when i was {soft}* young|younger|kid|child|little|your|in|teenager|at|pregnant",
        "i grew|was up|born|raised",
        "i used to",
        "i live|work|study in|at|as|for|with|alone",
        "i just? went|bought|lost|broke|cried|drove|ate|got|moved|married|watched|saw",
        "i have|had been there|through|married",
        "i had {soft}* same|similar",
        "that|it|this happened to me",
        "same thing? happened|here to? me?",
        "me too",
        deniable=False,
    ),
]
# Only where the person said something harsh about themselves.
AGREEING = [
    *_bans(
        "worthless",
        "{agree} <end>",
        "{agree} you {soft}* are|do <end>",
        "{agree} {agree}",
        "{agree}? you are right|correct",
        "{agree}? i {soft}* agree",
        "{agree}? that|it is {soft}* true|right|correct",
        "{agree}? that|it is {soft}* good|great|funny <end>",
        "good|great|nice|cool|lol|haha <end>",
        "{agree}? i think so",
        opens=True,
    ),
    *_bans("worthless", "you {soft}* are|do <end>", "i agree <end>"),
]
_HARSH = re.compile(
    r"\b(?:i am|i feel(?: like)?|i'm|im|i was|makes? me|i look|i must be|maybe i am|why am i)"
    r"(?: \w+){0,4} (?:worthless|useless|stupid|dumb|idiot|ugly|fat|pathetic|failure|loser"
    r"|burden|unlovable|nothing|garbage|trash|disgusting|hopeless|bad person|not good enough"
    r"|nobody|waste|invisible|broken|weak|coward|disappointment|unwanted)\b"
    r"|\b(?:hate|despise) myself\b|\bnobody (?:loves|likes|wants|needs|cares)\b"
    r"|\b(?:everyone|everybody) hates me\b|\b(?:i am|i'm|im) (?:not|never) (?:good )?enough\b",
    re.IGNORECASE,
)


def is_harsh(message: str) -> bool:
    """Whether the person says something harsh about themselves."""
    return bool(_HARSH.search(message))


def bans(*, after_harsh: bool) -> list[Ban]:
    """Return what a reply must not say, to a harsh message or to any other."""
    return ALWAYS + AGREEING if after_harsh else ALWAYS
