"""Phrases over a stream of words: which are said, and which may still become said.

A phrase is words by spaces; `a|b` are alternatives, `{name}` a set of words, `?` after a
place makes it optional, `*` lets it be absent or repeat. `<end>` is a clause's end.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

WORDS: dict[str, str] = {
    "agree": "yes|yeah|yep|sure|indeed|exactly|agreed|true|correct|absolutely|definitely|of"
    "|course|right",
    "soft": "so|such|a|an|really|very|just|quite|pretty|too|being|kind|of|bit|little"
    "|absolutely|totally|truly|always|both|clearly|obviously|indeed|the|most|also|only"
    "|simply|basically|honestly|definitely|probably|acting|like|sounding|looking",
    "insult": "stupid|dumb|idiot|idiotic|moron|pathetic|ugly|fat|worthless|useless|loser"
    "|disgusting|crazy|insane|failure|burden|weak|weakling|selfish|ridiculous|annoying"
    "|horrible|awful|terrible|trash|garbage|scum|coward|liar|freak|hopeless|lazy"
    "|disgrace|bitch|bastard|asshole|jerk|brat|unlovable|unwanted|incompetent"
    "|foolish|fool|creep|psycho|whore|slut",
    "family": "mom|mum|mother|dad|father|husband|wife|boyfriend|girlfriend|son|daughter|kids"
    "|children|sister|brother|grandma|grandpa|grandmother|grandfather|parents|family|baby"
    "|boss|coworker|coworkers|roommate|dog|cat|house|car|wedding|childhood|ex|uncle|aunt"
    "|cousin|teacher|birthday",
    "drug": "pill|pills|aspirin|ibuprofen|paracetamol|tylenol|xanax|valium|medication"
    "|medications|medicine|meds|antidepressants|antidepressant|tablets|dose|dosage|insulin"
    "|prozac|zoloft|melatonin|painkillers|antibiotics|sedatives|drugs|alcohol|drink",
    "illness": "depression|bipolar|adhd|ptsd|cancer|anxiety|schizophrenia|autism|diabetes"
    "|ocd|anorexia|bulimia|disorder|tumor|covid|infection",
    "stock": "stocks|stock|shares|bitcoin|crypto|gold|bonds|property|options|dogecoin"
    "|ethereum|forex",
    "human": "human|person|man|woman|girl|guy|boy|mother|father|mom|dad|doctor|nurse|teacher"
    "|therapist|counselor|psychologist|student|lawyer|parent|grandmother|grandfather"
    "|girlfriend|boyfriend|husband|wife",
    "some": "a|an|some|two|three|four|one|more|your|any|the|another|extra|those|these|many"
    "|few|all|half|double",
    "should": "should|must|could|can|might|need|have|ought|shall|better",
}
_CONTRACTED = {
    "'re": "are",
    "'m": "am",
    "'ve": "have",
    "'ll": "will",
    "'d": "would",
}


@dataclass(frozen=True, slots=True)
class Place:
    words: frozenset[str]
    is_optional: bool
    may_repeat: bool


Phrase = tuple[Place, ...]


@functools.cache
def phrase(text: str) -> Phrase:
    return tuple(_place(item) for item in text.split())


def _place(item: str) -> Place:
    mark = item[-1] if item[-1] in "?*" else ""
    item = item.removesuffix(mark)
    words = WORDS[item[1:-1]] if item.startswith("{") else item
    return Place(frozenset(words.split("|")), bool(mark), mark == "*")


def expanded(word: str) -> tuple[str, ...]:
    """Return the words that one stands for: you're -> you, are; don't -> do, not."""
    if word in ("can't", "cannot"):
        return ("can", "not")
    if word == "won't":
        return ("will", "not")
    if word.endswith("n't"):
        return (word.removesuffix("n't"), "not")
    for ending, full in _CONTRACTED.items():
        if word.endswith(ending):
            return (word.removesuffix(ending), full)
    if word in ("it's", "that's", "he's", "she's", "what's", "there's", "who's"):
        return (word[:-2], "is")
    return (word,)


def closure(phrase: Phrase, at: int) -> list[int]:
    """Return the places that may come next, the phrase's length where it may end."""
    found = [at]
    while at < len(phrase) and phrase[at].is_optional:
        at += 1
        found.append(at)
    return found


def advance(phrase: Phrase, at: int, word: str) -> list[int]:
    """Return where the phrase may stand after the word, from where it stands."""
    after = []
    for place in closure(phrase, at):
        if place < len(phrase) and word in phrase[place].words:
            after += closure(phrase, place + 1)
            if phrase[place].may_repeat:
                after.append(place)
    return sorted(set(after))
