"""What a rule is. The rules themselves: rules_self.py, rules_others.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from chat.care.words import PIECES

Kind = Literal["danger", "other", "suicide", "abuse", "self_harm"]


@dataclass(frozen=True)
class Rule:
    """A pattern over normalised text.

    `firm`: counts also where the text is about a film, a game or the news.
    `deniable`: counts not where it is denied ("I would never ...").
    `innocent`: counts not where this stands in the text too.
    """

    kind: Kind
    text: str
    firm: bool = True
    deniable: bool = False
    innocent: re.Pattern[str] | None = None

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        text = self.text
        for name, piece in PIECES.items():
            text = text.replace("{" + name + "}", piece)
        return re.compile(rf"\b(?:{text})\b")
