"""Make a text comparable: one spelling, no disguise, no apostrophes, clauses apart."""

from __future__ import annotations

import functools
import re
import unicodedata

from chat.care.spelling import FUZZY, LEET, MASKED, NOT_FUZZY, SPELLINGS

BREAK = "."  # stands between clauses
_ASSAULTED = re.compile(r"\bSA(?:'?d|ed)\b|\bsa'd\b|(?<=\b(?:was|got) )SA\b")
_CLAUSE = re.compile(r"[.!?;:\n\u2026()]+|\s+[-\u2013\u2014]+\s+")
_SPACED = re.compile(r"(?<![^\W\d_])(?:[a-z][ .*_-]){2,}[a-z](?![^\W\d_])")
_WORD = re.compile(r"[a-z0-9@$!*/&+']+|\.|,|\"")
_LONG = re.compile(r"(.)\1{2,}")
_WORD_LETTERS = frozenset("aikmnruy")  # each a word of its own in short messages
_SELF = re.compile(r"\b(my|him|her|them|your) (sel(?:f|ves))\b")


def normalise(text: str) -> str:
    """Return lower-case words with single spaces; " . " stands between clauses."""
    plain = unicodedata.normalize("NFKC", _ASSAULTED.sub("sexually assaulted", text))
    plain = "".join(c for c in plain.lower() if unicodedata.category(c) != "Cf")
    plain = plain.replace("\u2019", "'").replace("\u2018", "'").replace("\u00b4", "'")
    plain = plain.replace("\u201c", '"').replace("\u201d", '"')
    plain = _SPACED.sub(_join, plain)
    plain = re.sub(r"(?<=\w)-(?=\w)", " ", plain)
    plain = re.sub(r"(?<=[a-z])!(?=[a-z])", "i", plain)
    plain = re.sub(r"!+", ".", plain)
    plain = _CLAUSE.sub(f" {BREAK} ", plain)
    words = " ".join(_plain_word(word) for word in _WORD.findall(plain))
    return _SELF.sub(r"\1\2", words.replace("un alive", "unalive"))


def _join(spaced: re.Match[str]) -> str:
    """Close up letters that were written apart: s u i c i d e, d.i.e; not "r u a"."""
    letters = re.sub(r"[ .*_-]", "", spaced[0])
    return spaced[0] if _WORD_LETTERS.issuperset(letters) else letters


@functools.lru_cache(maxsize=8192)
def _plain_word(word: str) -> str:
    if word in (BREAK, ",", '"'):
        return word
    return _spelt(_undisguised(word.strip("'*&+/")))


def _undisguised(word: str) -> str:
    if "'" in word:
        word = _expanded(word)
    if "*" in word:
        word = _unmasked(word)
    if word in SPELLINGS:
        return word
    if re.search(r"[a-z]", word) and re.search(r"[0-9@$]", word):
        word = word.translate(LEET)
    return _LONG.sub(r"\1", word)


def _expanded(word: str) -> str:
    """I'd, I'll, it's: a little apart from the forms without an apostrophe."""
    endings = {"'ll": " will", "'d": " would", "'re": " are", "'ve": " have"}
    for ending, full in endings.items():
        if word.endswith(ending):
            return word.removesuffix(ending) + full
    return word.replace("'", "")


def _unmasked(word: str) -> str:
    pattern = re.compile(re.escape(word).replace(r"\*", "[a-z]?") + "$")
    return next((m for m in MASKED if pattern.match(m)), word.replace("*", ""))


def _spelt(word: str) -> str:
    if word in SPELLINGS:
        return SPELLINGS[word]
    if len(word) < 6 or word in NOT_FUZZY:
        return word
    return next((right for right in FUZZY if _is_near(word, right)), word)


def _is_near(word: str, right: str) -> bool:
    """Whether one letter too many, too few, wrong, or swapped is all the difference."""
    if word[0] != right[0] or abs(len(word) - len(right)) > 1:
        return False
    start = next(
        (n for n, (a, b) in enumerate(zip(word, right, strict=False)) if a != b),
        min(len(word), len(right)),
    )
    a, b = word[start:], right[start:]
    swapped = a[1:2] + a[:1] + a[2:]
    return b in (a, a[1:], swapped) or a == b[1:] or a[1:] == b[1:]
