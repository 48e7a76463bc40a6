"""What a person may be called: anything that can be shown safely on one line."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

NAME_MAX_LENGTH = 60

# Embeddings, overrides and isolates turn the text around them; names need none.
# Source: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_name(text: str) -> str:
    """Return the name in NFC, on one line, without what must not be shown.

    Control characters, lone surrogates and bidirectional controls are dropped, white
    space is collapsed. Raises ValidationError if nothing visible or too much is left.
    """
    name = tidy(text)
    if not any(unicodedata.category(c)[0] in "LNPS" for c in name):
        raise ValidationError(_("Any name will do, but we need one."), "empty")
    if len(name) > NAME_MAX_LENGTH:
        message = _("That is more than %d characters. Is there a shorter form?")
        raise ValidationError(message % NAME_MAX_LENGTH, "too_long")
    return name


def tidy(text: str) -> str:
    shown = (c for c in text if c.isspace() or not _is_unsafe(c))
    return unicodedata.normalize("NFC", " ".join("".join(shown).split()))


def suggest(text: str) -> str:
    """Return a name made from what another service calls the person, or nothing."""
    try:
        return clean_name(tidy(text)[:NAME_MAX_LENGTH])
    except ValidationError:
        return ""


def _is_unsafe(character: str) -> bool:
    is_control = unicodedata.category(character) in ("Cc", "Cs")
    return is_control or character in BIDI_CONTROLS
