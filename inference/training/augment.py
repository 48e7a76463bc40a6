"""Make the narrow training lines look more like chat: apostrophes, capitals, typos."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_CONTRACTIONS = {
    "im": "i'm", "ive": "i've", "id": "i'd", "dont": "don't", "didnt": "didn't",
    "cant": "can't", "couldnt": "couldn't", "doesnt": "doesn't", "isnt": "isn't",
    "wasnt": "wasn't", "wont": "won't", "wouldnt": "wouldn't", "havent": "haven't",
    "arent": "aren't", "thats": "that's", "youre": "you're", "theyre": "they're",
    "hes": "he's", "shes": "she's", "whats": "what's", "theres": "there's",
}  # fmt: skip
_SPLIT_CONTRACTION = re.compile(r"\b(\w+) (s|t|m|re|ve|ll|d)\b")
_ENDINGS = (".", ".", ".", "!", "!!", "...", "?")


_EMOJI = {
    "anger": "😡😠🤬😤🙄😒", "fear": "😱😨😰😟😬😧", "joy": "😀😄😊😂🎉🥳",
    "love": "❤😍🥰😘💕💖", "sadness": "😢😭😞😔🙁💔", "surprise": "😮😲🤯😳😯🙀",
}  # fmt: skip


def augment(text: str, rng: random.Random, label: str = "") -> str:
    """Return the text as somebody might have typed it; half of the time unchanged.

    Where the label is known, one text in twenty gets one of its emoji.
    """
    if rng.random() < 0.5:
        return text
    return _with_emoji(_retyped(text, rng), rng, label)


def _retyped(text: str, rng: random.Random) -> str:
    if rng.random() < 0.7:
        text = _with_apostrophes(text)
    if rng.random() < 0.2:
        text = _with_typo(text, rng)
    if rng.random() < 0.5 and text[-1:].isalnum():
        text += rng.choice(_ENDINGS)
    return _with_capitals(text, rng)


def _with_emoji(text: str, rng: random.Random, label: str) -> str:
    if label not in _EMOJI or rng.random() > 0.1:
        return text
    return f"{text} {rng.choice(_EMOJI[label])}"


def _with_apostrophes(text: str) -> str:
    text = _SPLIT_CONTRACTION.sub(r"\1'\2", text)
    return " ".join(_CONTRACTIONS.get(word, word) for word in text.split(" "))


def _with_typo(text: str, rng: random.Random) -> str:
    """Swap two neighbouring letters of one longer word."""
    words = text.split(" ")
    long_words = [i for i, word in enumerate(words) if len(word) > 4]
    if long_words:
        at = rng.choice(long_words)
        cut = rng.randrange(1, len(words[at]) - 2)
        word = words[at]
        words[at] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words)


def _with_capitals(text: str, rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.05:
        return text.upper()
    return text[:1].upper() + text[1:] if draw < 0.5 else text
