"""The words of a text, and the text's tokens without some of them.

A text is tokenised once. Where the classifier tells which code points each token stands
for, a word is left out by deleting its tokens; where not (a black box), by deleting its
letters, and the rest is tokenised anew.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

import numpy as np

from inference.backends import Traceable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from inference.backends import Classifier, Encoding

    Mask = NDArray[np.bool_]  # (W,): which words stay
    Span = tuple[int, int]

_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_PICTURE = "[\u00a9\u00ae\u2190-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_VARIED = f"{_PICTURE}[\ufe0f\u20e3\U0001f3fb-\U0001f3ff]*"
WORD = re.compile(rf"\w+(?:['’]\w+)*|{_FLAG}|{_VARIED}(?:\u200d{_VARIED})*")


def spans_of(text: str) -> list[Span]:
    """Return where each word is, in code points; an emoji is a word, punctuation is not."""
    return [match.span() for match in WORD.finditer(text)]


class Words(Protocol):
    """The words that a classifier reads, and the tokens of the text without some."""

    spans: Sequence[Span]

    def lengths(self, masks: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return for masks (S, W) how long each text is, to sort by: (S,)."""
        ...

    def without(self, mask: Mask) -> Sequence[int]:
        """Return the tokens of the text that has only the words of the mask."""
        ...


def words_of(classifier: Classifier, text: str) -> Words:
    if isinstance(classifier, Traceable):
        return TracedWords(text, classifier.trace(text))
    return LooseWords(text, classifier)


class TracedWords:
    """Words that are known as tokens; those beyond what the model reads are none."""

    def __init__(self, text: str, encoding: Encoding) -> None:
        found = spans_of(text)
        owner = _owners(encoding.spans, found, len(text))  # (L,), -1: no word's
        read = np.unique(owner[owner >= 0])
        self.spans: Sequence[Span] = [found[n] for n in read]
        self.tokens = np.asarray(encoding.tokens)
        # Of each token the number of its word among those read; W stands for none.
        self.word_of = np.where(owner < 0, len(read), np.searchsorted(read, owner))
        self.is_of_word = owner >= 0
        self._n_tokens = np.bincount(self.word_of, minlength=len(read) + 1)

    def lengths(self, masks: NDArray[np.bool_]) -> NDArray[np.int64]:
        n_tokens: NDArray[np.int64] = masks @ self._n_tokens[:-1] + self._n_tokens[-1]
        return n_tokens

    def without(self, mask: Mask) -> list[int]:
        is_kept = np.append(mask, True)[self.word_of]
        tokens: list[int] = self.tokens[is_kept].tolist()
        return tokens


def _owners(
    spans: Sequence[Span], words: Sequence[Span], n_letters: int
) -> NDArray[np.int64]:
    """Return of each token the word that its letters belong to, the first one's if two."""
    word_at = np.full(n_letters + 1, -1)
    for number, (start, end) in enumerate(words):
        word_at[start:end] = number
    owners = []
    for start, end in spans:
        inside = word_at[start:end]
        inside = inside[inside >= 0]
        owners.append(int(inside[0]) if len(inside) else -1)
    return np.asarray(owners, dtype=np.int64)


class LooseWords:
    """Words of a text whose tokens nobody can tell apart."""

    def __init__(self, text: str, classifier: Classifier) -> None:
        self.spans: Sequence[Span] = spans_of(text)
        self._text = text
        self._encode = classifier.encode
        edges = [0, *(edge for span in self.spans for edge in span), len(text)]
        pairs = zip(edges[::2], edges[1::2], strict=True)
        self._between = [text[start:end] for start, end in pairs]

    def lengths(self, masks: NDArray[np.bool_]) -> NDArray[np.int64]:
        sizes = np.asarray([end - start for start, end in self.spans], dtype=np.int64)
        n_letters: NDArray[np.int64] = masks @ sizes
        return n_letters

    def without(self, mask: Mask) -> Sequence[int]:
        pieces = [self._between[0]]
        for (start, end), is_kept, after in zip(
            self.spans, mask, self._between[1:], strict=True
        ):
            pieces += [self._text[start:end] if is_kept else "", after]
        return self._encode("".join(pieces))
