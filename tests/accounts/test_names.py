from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from chat.accounts.names import clean_name, suggest


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Ada", "Ada"),
        ("  Ada \t Lovelace\n", "Ada Lovelace"),
        ("Ame\u0301lie", "Am\u00e9lie"),
        ("a\x00d\x1ba", "ada"),
        ("\u202eadA\u202c \u2066x\u2069", "adA x"),
        ("Ada\ud800", "Ada"),
        ("\u2028Ada\u2029", "Ada"),
        ("山田 太郎", "山田 太郎"),
        ("نور\u200c", "نور\u200c"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("7", "7"),
        ("!?", "!?"),
        ("<b>Ada</b>", "<b>Ada</b>"),
        ("x" * 60, "x" * 60),
        ("e\u0301" * 60, "\u00e9" * 60),
        ("👍" * 60, "👍" * 60),
    ],
)
def test_it_keeps_any_name_that_can_be_shown(written, kept):
    assert clean_name(written) == kept


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "empty"),
        (" \t\n\u3000", "empty"),
        ("\x00\x01", "empty"),
        ("\u200b\u200d\u2060", "empty"),
        ("\u202e\u2066", "empty"),
        ("\u0301\u0301", "empty"),
        ("\ud800", "empty"),
        ("x" * 61, "too_long"),
        ("a" + "\u0338" * 10_000, "too_long"),
    ],
)
def test_it_refuses_what_is_no_name(written, code):
    with pytest.raises(ValidationError) as refused:
        clean_name(written)
    assert refused.value.code == code


def test_a_name_from_elsewhere_is_cut_to_fit():
    assert suggest("Ada " * 50) == ("Ada " * 50)[:60].strip()
    assert suggest("\u202e\x00") == ""
