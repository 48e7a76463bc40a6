from __future__ import annotations

import pytest

from chat.care.normalise import normalise


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("I'm", "i am"),
        ("I’ll do it", "i will do it"),
        ("don't", "do not"),
        ("dont wanna", "do not want to"),
        ("k1ll my self", "kill myself"),
        ("su*cide", "suicide"),
        ("s u i c i d e", "suicide"),
        ("d.i.e", "die"),
        ("wanna dieeee", "want to die"),
        ("sewer-slide", "sewer slide"),
        ("un-alive", "unalive"),
        ("sucidal mysefl", "suicidal myself"),
        ("I was SA'd", "i was sexually assaulted"),
        ("I live in SA", "i live in sa"),
        ("SAD", "sad"),
        ("ki\u200bll", "kill"),
        ("Ｋｉｌｌ", "kill"),
        ("One. Two!", "one . two ."),
        ("2nite", "tonight"),
        ("itself", "itself"),
        ("I a m", "i a m"),
        ("r u a bot", "are you a bot"),
        ("k m s", "kms"),
    ],
)
def test_one_spelling_for_all(text: str, plain: str) -> None:
    assert normalise(text).strip() == plain
