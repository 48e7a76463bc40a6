"""Turn a message, its label and the turns before it into the T5's input tokens.

Training and serving both call `encode_prompt`, so that the model meets in service only
what it met in training. No torch here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from inference.registry import EMOTION_LABELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer

    from inference.types import HistoryTurn

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"
USER, BOT, NO_LABEL = "<user>", "<bot>", "<none>"
LABEL_TOKENS = {label: f"<{label}>" for label in EMOTION_LABELS}
LABEL_TOLD_FROM = 0.5  # below, a label is as likely wrong as right: ADR 0059
CONTROL_TOKENS = (PAD, END, UNKNOWN, NO_LABEL, *LABEL_TOKENS.values(), USER, BOT)

EMOJI_WORDS = {
    "😀": "happy", "😃": "happy", "😄": "happy", "😁": "happy", "😊": "happy",
    "🙂": "smile", "😂": "laughing", "🤣": "laughing", "😅": "laughing", "🎉": "celebrate",
    "🥳": "celebrate", "😎": "cool", "👍": "good", "🙏": "grateful", "😍": "love",
    "🥰": "love", "😘": "kiss", "💕": "love", "💖": "love", "💔": "heartbroken",
    "😢": "crying", "😭": "crying", "😞": "sad", "😔": "sad", "🙁": "sad", "☹": "sad", "❤": "love", "\ufe0f": "",
    "😡": "angry", "😠": "angry", "🤬": "furious", "😤": "annoyed", "🙄": "annoyed",
    "😱": "terrified", "😨": "scared", "😰": "anxious", "😟": "worried", "😬": "nervous",
    "😮": "surprised", "😲": "shocked", "😳": "embarrassed", "🤯": "amazed",
    "😯": "surprised", "🙀": "shocked", "😧": "scared", "😥": "sad", "😓": "stressed",
    "😖": "upset", "😩": "exhausted", "😫": "exhausted", "😒": "annoyed", "🤢": "disgusted",
    "🤮": "disgusted", "😆": "laughing", "😹": "laughing", "😇": "blessed", "🤗": "hug",
    "😌": "relieved", "🤩": "excited", "🙌": "celebrate", "💪": "strong", "😻": "love",
    "💗": "love", "💞": "love", "💓": "love", "💙": "love", "💚": "love", "🧡": "love",
    "💛": "love", "💜": "love", "🖤": "love", "🥺": "please", "🥹": "moved", "😿": "crying",
    "🤔": "thinking", "🙃": "whatever", "😏": "smirk", "🎊": "celebrate", "✨": "wonderful",
    "🔥": "fire", "💀": "dead", "👏": "applause", "👎": "bad", "🖕": "furious", "😋": "yummy",
}  # fmt: skip

_QUOTES = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "`": "'", "…": "..."})
_EMOJI = str.maketrans({emoji: f" {word} " for emoji, word in EMOJI_WORDS.items()})
_LONG_RUN = re.compile(r"(.)\1{2,}", re.DOTALL)
_TAG = re.compile(r"</?[a-z]+>")


def normalise_text(text: str) -> str:
    """Return what both speakers' words look like to the T5: lower case, one space.

    Runs of three or more of a letter become two ("sooooo" -> "soo"), and whatever looks
    like one of our control tokens is taken out, so that nobody can write one.
    """
    text = (
        unicodedata.normalize("NFKC", text.translate(_EMOJI)).translate(_QUOTES).lower()
    )
    text = _TAG.sub(" ", _LONG_RUN.sub(r"\1\1", text))
    return " ".join(text.split())


def is_told(score: float) -> bool:
    """Whether a label of this score is told to the reply model."""
    return score >= LABEL_TOLD_FROM


def encode_prompt(
    tokenizer: Tokenizer,
    label: str | None,
    history: Sequence[HistoryTurn],
    message: str,
    max_tokens: int,
) -> list[int]:
    """Return `<label> (<user> message <bot> reply)* <user> message </s>` as ids.

    At most `max_tokens` (8 or more): the oldest turns go first, then the head of the
    message; the label always stays. An unknown label counts as none.
    """
    head = [_id(tokenizer, LABEL_TOKENS.get(label or "", NO_LABEL))]
    tail = [_id(tokenizer, END)]
    room = max_tokens - len(head) - len(tail) - 1
    words = _encode(tokenizer, message)[-room:]
    turns = _newest_turns(tokenizer, history, room - len(words))
    return [*head, *turns, _id(tokenizer, USER), *words, *tail]


def _newest_turns(
    tokenizer: Tokenizer, history: Sequence[HistoryTurn], room: int
) -> list[int]:
    """Return the latest whole turns that fit into `room` tokens, oldest first."""
    tokens: list[int] = []
    for turn in reversed(history):
        more = _encode_turn(tokenizer, turn)
        if len(more) + len(tokens) > room:
            break
        tokens = more + tokens
    return tokens


def _encode_turn(tokenizer: Tokenizer, turn: HistoryTurn) -> list[int]:
    said = [_id(tokenizer, USER), *_encode(tokenizer, turn.message)]
    answered = [_id(tokenizer, BOT), *_encode(tokenizer, turn.reply)]
    return said + answered


def _encode(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(
        normalise_text(text), add_special_tokens=False
    ).ids
    return ids


def _id(tokenizer: Tokenizer, token: str) -> int:
    index = tokenizer.token_to_id(token)
    if index is None:
        raise ValueError(f"The tokenizer lacks {token}.")
    return int(index)
