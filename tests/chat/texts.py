"""What people may write, and what is answered: one table for every door."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@dataclass(frozen=True)
class Case:
    """`code` is the error's, or empty where the text is accepted as `stored`."""

    name: str
    text: str
    code: str = ""
    stored: str | None = None


TEXTS = [
    Case("empty", "", "empty"),
    Case("blank", " \t\r\n\u00a0\u2003", "empty"),
    Case("one letter", "a"),
    Case("trimmed", "  I am sad. \n", stored="I am sad."),
    Case("the longest", "x" * 4_000),
    Case("one too many", "x" * 4_001, "too_long"),
    Case("the longest, in a lot of space", " " * 500 + "y" * 4_000 + "\n" * 500),
    Case("as long once composed", "e\u0301" * 4_000, stored="\u00e9" * 4_000),
    Case("too long even composed", "e\u0301" * 4_001, "too_long"),
    Case("the most emoji", "\U0001f600" * 4_000),
    Case("NUL", "a\x00b", "bad_request"),
    Case("only NUL", "\x00", "bad_request"),
    Case("a family", FAMILY),
    Case("right to left", "\u202eabc \u05d0\u05d1"),
    Case("many marks", "e" + "\u0323" * 3_000, stored="\u1eb9" + "\u0323" * 2_999),
    Case("10,000 marks", "e" + "\u0301\u0323" * 5_000, "too_long"),
    Case("markup", "<script>alert(1)</script> & \"'"),
]


@dataclass(frozen=True)
class BadField:
    """A field of a message that makes it refused, whatever its text."""

    name: str
    fields: dict[str, Any]
    code: str


STRINGS = [
    BadField("no id", {"id": ""}, "bad_request"),
    BadField("not an id", {"id": "1"}, "bad_request"),
    BadField("almost an id", {"id": str(uuid.uuid4())[:-1]}, "bad_request"),
    BadField("unknown classifier", {"classifiers": ["oracle"]}, "unknown_classifier"),
    BadField("nameless classifier", {"classifiers": [""]}, "unknown_classifier"),
    BadField("long name", {"classifiers": ["b" * 1_000]}, "unknown_classifier"),
    BadField("one of two", {"classifiers": ["bert", "oracle"]}, "unknown_classifier"),
    BadField("six", {"classifiers": list("abcdef")}, "unknown_classifier"),
    BadField("NUL in a name", {"classifiers": ["bert\x00"]}, "bad_request"),
]

# What a form cannot say.
JSON_ONLY = [
    *(
        BadField(f"text {value!r}"[:30], {"text": value}, "bad_request")
        for value in (None, 5, 1.5, True, ["a"], {"a": "b"})
    ),
    BadField("half a character", {"text": "a\ud83d"}, "bad_request"),
    BadField("the other half", {"text": "\ude00a"}, "bad_request"),
    *(
        BadField(f"id {value!r}"[:30], {"id": value}, "bad_request")
        for value in (None, 5, True, [], {})
    ),
    BadField("id with half a character", {"id": "\ud83d" * 36}, "bad_request"),
    BadField("conversation 5", {"conversation": 5}, "bad_request"),
    BadField("conversation abc", {"conversation": "abc"}, "bad_request"),
    BadField("conversation []", {"conversation": []}, "bad_request"),
    BadField("no classifiers", {"classifiers": []}, "unknown_classifier"),
    *(
        BadField(f"classifiers {value!r}"[:30], {"classifiers": value}, "bad_request")
        for value in ("bert", 5, True, {"a": 1}, [None], [["bert"]], [{}], [True])
    ),
    BadField("half a name", {"classifiers": ["\ud83d"]}, "bad_request"),
]
