"""Turn one reply's tokens into text as they come, never half a character."""

from __future__ import annotations

from typing import Protocol

HALF_A_CHARACTER = "�"


class Decoder(Protocol):
    """The part of `tokenizers.Tokenizer` that is needed here."""

    def decode(self, ids: list[int], /) -> str: ...


class Detokenizer:
    """Grows one text; the deltas that `push` returned add up to `text`.

    Byte-level and byte-fallback tokens may hold part of a character: it is held back until
    the rest arrives, and dropped where it never does. Replies are short, so decoding all
    tokens anew each time is cheap, and right for every kind of tokenizer.
    """

    def __init__(self, tokenizer: Decoder) -> None:
        self.tokens: list[int] = []
        self.text = ""
        self._tokenizer = tokenizer

    def push(self, token: int) -> str:
        """Add a token; return the text it completed, without leading space at the start."""
        self.tokens.append(token)
        text = self._tokenizer.decode(self.tokens).lstrip().rstrip(HALF_A_CHARACTER)
        if not text.startswith(self.text):
            return ""
        delta = text[len(self.text) :]
        self.text = text
        return delta
