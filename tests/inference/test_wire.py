from __future__ import annotations

import msgpack
import pytest

from inference.hosts.wire import (
    HEADER,
    MAX_FRAME_BYTES,
    Bye,
    Cancel,
    Farewell,
    FrameReader,
    Loading,
    LoadingFailed,
    Update,
    WireError,
    pack,
)
from inference.types import (
    Classified,
    ClassifyRequest,
    Delta,
    EngineStats,
    Explained,
    ExplainRequest,
    Failed,
    Finished,
    GenerateRequest,
    HistoryTurn,
    WordWeight,
)

FRAMES = [
    ClassifyRequest("a", "bert", "naïve 😢"),
    GenerateRequest(
        "b", "hi", None, (HistoryTurn("one", "two"), HistoryTurn("", "")), 2**63
    ),
    ExplainRequest("x", "bert", "naïve 😢", "joy", "lime", 100, 2**40),
    ExplainRequest("x", "bert", ""),
    Cancel("a"),
    Bye(),
    Loading("bert…"),
    LoadingFailed("no"),
    Farewell(True),
    Update(),
    Update(
        (
            Classified("a", "joy", {"joy": 0.75, "fear": 0.25}, "v1", 3),
            Delta("b", " so"),
            Explained("x", "joy", "lime", 0.5, (WordWeight(0, 5, -0.25),), "v1", 9),
            Explained("x", "joy", "occlusion", 0.5, (), "v1", 9),
            Finished("b", "length", 40, "v2", 900),
            Failed("c", "overloaded", "full", 1.5),
        ),
        EngineStats(n_queued=3, models={"bert": "v1"}),
    ),
]


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_arrives_as_it_was_sent(frame):
    assert list(FrameReader().feed(pack(frame))) == [frame]


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_frames_may_come_in_any_pieces(size):
    stream = b"".join(pack(frame) for frame in FRAMES)
    reader, frames = FrameReader(), []
    for start in range(0, len(stream), size):
        frames += reader.feed(stream[start : start + size])
    assert frames == FRAMES


def test_a_lone_surrogate_does_not_break_the_line():
    (frame,) = FrameReader().feed(pack(ClassifyRequest("a", "bert", "sad \ud83d!")))
    assert frame.text == "sad ?!"


def framed(body):
    return HEADER.pack(len(body)) + body


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(HEADER.pack(MAX_FRAME_BYTES + 1), id="too big"),
        pytest.param(framed(b""), id="empty"),
        pytest.param(framed(b"\xc1"), id="no msgpack"),
        pytest.param(framed(b"\x80\x00"), id="more than one value"),
        pytest.param(framed(msgpack.packb([1, 2])), id="no map"),
        pytest.param(framed(msgpack.packb({"a": 1})), id="no class"),
        pytest.param(framed(msgpack.packb({"_": "Popen"})), id="unknown class"),
        pytest.param(framed(msgpack.packb({"_": "Cancel"})), id="a field lacks"),
        pytest.param(
            framed(msgpack.packb({"_": "Bye", "id": 1})), id="a field too many"
        ),
        pytest.param(
            framed(msgpack.packb({"_": "Delta", "id": "", "text": ""})), id="a part"
        ),
        pytest.param(framed(msgpack.packb({"_": ["Bye"]})), id="class is a list"),
    ],
)
def test_what_is_no_frame_is_refused(junk):
    with pytest.raises(WireError):
        list(FrameReader().feed(junk))


def test_too_big_a_frame_is_not_sent():
    with pytest.raises(WireError):
        pack(Cancel("x" * MAX_FRAME_BYTES))
