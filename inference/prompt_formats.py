"""Two ways to put a person's words before a T5: our control tokens, or plain words.

The T5 that ships was trained on control tokens (`inference.prompt`). One that somebody
else trained knows none of them: it is told in words what to do. No torch here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from inference.prompt import EMOJI_WORDS, encode_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer

    from inference.types import HistoryTurn

DEFAULT_TEMPLATE = (
    "Read the dialogue and write the friend's next reply: kind, short, about what the"
    " person says. The person feels {emotion}. Dialogue: {history} Person: {message}"
    " Friend:"
)
NO_EMOTION = "something"
MIN_MESSAGE_TOKENS = 32

_PLACEHOLDER = re.compile(r"\{(emotion|history|message)\}")
_CONTROL = re.compile(r"</?\w+>")
_EMOJI = str.maketrans({emoji: f" {word} " for emoji, word in EMOJI_WORDS.items()})


class PromptFormat(Protocol):
    """Makes one prompt's tokens, at most `max_tokens`, the message's end among them."""

    def encode(
        self,
        tokenizer: Tokenizer,
        label: str | None,
        history: Sequence[HistoryTurn],
        message: str,
        max_tokens: int,
    ) -> list[int]: ...


class TokenPrompt:
    """`inference.prompt.encode_prompt`, for models that we trained."""

    def encode(
        self,
        tokenizer: Tokenizer,
        label: str | None,
        history: Sequence[HistoryTurn],
        message: str,
        max_tokens: int,
    ) -> list[int]:
        return encode_prompt(tokenizer, label, history, message, max_tokens)


@dataclass(frozen=True, slots=True)
class TemplatePrompt:
    """An instruction in words with {emotion}, {history} and {message}, then `end_token`.

    What does not fit goes in this order: the oldest turns, then the message's head.
    """

    template: str
    end_token: int

    def __post_init__(self) -> None:
        check_template(self.template)

    def encode(
        self,
        tokenizer: Tokenizer,
        label: str | None,
        history: Sequence[HistoryTurn],
        message: str,
        max_tokens: int,
    ) -> list[int]:
        said, turns = clean(message), list(history)
        ids = self._ids(tokenizer, label, turns, said)
        while turns and len(ids) > max_tokens:
            turns = turns[1:]
            ids = self._ids(tokenizer, label, turns, said)
        places = tokenizer.encode(said, add_special_tokens=False).offsets
        while places and len(ids) > max_tokens:
            places = places[len(ids) - max_tokens :]
            tail = said[places[0][0] :] if places else ""
            ids = self._ids(tokenizer, label, turns, tail)
        return ids

    def fits(self, tokenizer: Tokenizer, max_tokens: int) -> bool:
        """Tell whether a message has room beside the template's own words."""
        n_own = len(self._ids(tokenizer, NO_EMOTION, [], ""))
        return n_own + MIN_MESSAGE_TOKENS <= max_tokens

    def _ids(
        self,
        tokenizer: Tokenizer,
        label: str | None,
        turns: Sequence[HistoryTurn],
        said: str,
    ) -> list[int]:
        text = self._fill(label, turns, said)
        ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
        return [*ids, self.end_token]

    def _fill(self, label: str | None, turns: Sequence[HistoryTurn], said: str) -> str:
        """Return the template with all three filled in; what people wrote stays as it is."""
        values = {
            "emotion": label or NO_EMOTION,
            "history": " ".join(_spell(turn) for turn in turns),
            "message": said,
        }
        text = _PLACEHOLDER.sub(lambda found: values[found[1]], self.template)
        return " ".join(text.split())


def check_template(template: str) -> None:
    """Raise ValueError where a template lacks {message}, or names what there is not."""
    named = re.findall(r"\{[^{}]*\}", template)
    unknown = [name for name in named if not _PLACEHOLDER.fullmatch(name)]
    if unknown:
        raise ValueError(f"A prompt may not name {unknown[0]}.")
    if named.count("{message}") != 1:
        raise ValueError("A prompt needs {message}, once.")


def clean(text: str) -> str:
    """Return what a person wrote, emoji in words, without what reads as a control token.

    T5's vocabularies know no emoji; case stays, because these models know both.
    """
    return " ".join(_CONTROL.sub(" ", text.translate(_EMOJI)).split())


def _spell(turn: HistoryTurn) -> str:
    return f"Person: {clean(turn.message)} Friend: {clean(turn.reply)}"
