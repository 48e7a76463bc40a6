from __future__ import annotations

import json
import random

import pytest

from chat.frames import MAX_FRAME_BYTES, FrameError, parse_frame


def test_it_reads_a_command() -> None:
    frame = parse_frame('{"type": "ping", "request": "r", "more": 1}')
    assert (frame.type, frame.request, frame.data) == ("ping", "r", {"more": 1})


BAD = {
    "binary": None,
    "nothing": "",
    "no JSON": "{",
    "many brackets": "[" * 100_000,
    "many braces": '{"a":' * 10_000,
    "a long number": '{"type": "ping", "n": ' + "9" * 5_000 + "}",
    "a list": "[]",
    "a string": '"ping"',
    "null": "null",
    "no type": "{}",
    "a type that is no string": '{"type": 5}',
    "a request that is no string": '{"type": "ping", "request": 5}',
    "a long request": json.dumps({"type": "ping", "request": "r" * 201}),
    "half a character as request": '{"type": "ping", "request": "\\ud83d"}',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_it_refuses(text: str | None) -> None:
    with pytest.raises(FrameError) as caught:
        parse_frame(text)
    expected = "too_long" if text and len(text) > MAX_FRAME_BYTES else "bad_request"
    assert caught.value.error.code == expected


def test_a_bad_type_still_tells_which_request_it_was() -> None:
    with pytest.raises(FrameError) as caught:
        parse_frame('{"request": "r7"}')
    assert caught.value.request == "r7"


@pytest.mark.parametrize("filler", ["x", "\u00e9", "\U0001f600"])
def test_it_counts_bytes(filler: str) -> None:
    frame = '{"type": "ping", "pad": ""}'
    n_left = MAX_FRAME_BYTES - len(frame)
    n_fit = n_left // len(filler.encode())
    fits = frame.replace('""', '"' + filler * n_fit + '"')
    assert parse_frame(fits).type == "ping"
    with pytest.raises(FrameError) as caught:
        parse_frame(frame.replace('""', '"' + filler * (n_fit + 1) + '"'))
    assert caught.value.error.code == "too_long"


def test_noise_is_only_a_frame_error() -> None:
    dice = random.Random(7)
    pieces = [
        '{"type":',
        '"ping"',
        "}",
        "[",
        "]",
        ",",
        '"request":',
        "NaN",
        "1e999",
        "\\",
    ]
    for _ in range(3_000):
        noise = "".join(dice.choices([*pieces, "\x00", "\ud800", "é", " "], k=8))
        try:
            parse_frame(noise)
        except FrameError:
            continue
