"""static/chat/store.js by itself: whatever the frames suffer, the text comes out whole."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from chat.readings import percent

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer

CONVERSATION = "c"
WHOLE = "I hear you 😀, e\u0301 and 悲しい: rest first."

FEED = """async ({ snapshot, frames }) => {
  const { Conversation } = await import("/static/chat/store.js");
  const conversation = new Conversation(snapshot);
  const outcomes = frames.map((frame) => conversation.apply(frame));
  return { outcomes, seq: conversation.seq, turns: conversation.inOrder() };
}"""

Frame = dict[str, Any]


def turn(*replies: Frame) -> Frame:
    return {
        "id": "m",
        "seq": 1,
        "rev": 1,
        "text": "so tired",
        "created_at": "2026-11-22T12:00:00Z",
        "classifiers": ["bert"],
        "classifications": [],
        "replies": list(replies),
    }


def reply(**fields: Any) -> Frame:
    return {
        "id": "r",
        "ordinal": 1,
        "attempt": 0,
        "state": "pending",
        "text": "",
    } | fields


def frame(kind: str, **fields: Any) -> Frame:
    return {"type": kind, "conversation": CONVERSATION} | fields


def started(seq: int, attempt: int = 1) -> Frame:
    return frame(
        "reply.started", seq=seq, reply="r", message="m", ordinal=1, attempt=attempt
    )


def delta(offset: int, text: str, attempt: int = 1) -> Frame:
    return frame("reply.delta", reply="r", attempt=attempt, offset=offset, text=text)


def ended(seq: int, text: str, reason: str = "stop") -> Frame:
    return frame(
        "reply.finished", seq=seq, reply="r", message="m", reason=reason, text=text
    )


def snapshot(seq: int, *turns: Frame, **fields: Any) -> Frame:
    about = {"id": CONVERSATION, "title": "t", "classifiers": ["bert"]}
    return {"conversation": about, "seq": seq, "messages": list(turns)} | fields


@pytest.fixture
def page(live_server_process: LiveServer, open_page: OpenPage) -> Page:
    return open_page(live_server_process)


def feed(page: Page, frames: list[Frame], start: Frame | None = None) -> Frame:
    start = start or snapshot(1, turn(reply()), reset=True)
    return page.evaluate(FEED, {"snapshot": start, "frames": frames})


def text_of(state: Frame) -> str:
    return state["turns"][0]["replies"][0]["text"]


def deltas(whole: str, cuts: list[int]) -> list[Frame]:
    edges = [0, *cuts, len(whole)]
    return [delta(a, whole[a:b]) for a, b in zip(edges, edges[1:], strict=False)]


def test_offsets_count_code_points(page: Page) -> None:
    state = feed(
        page, [started(2), *deltas(WHOLE, [5, 11, 12, 13, 20]), ended(3, WHOLE)]
    )
    assert set(state["outcomes"]) == {"applied"}
    assert text_of(state) == WHOLE


def test_an_overlap_is_trimmed_and_a_repeat_ignored(page: Page) -> None:
    frames = [
        started(2),
        delta(0, WHOLE[:12]),
        delta(5, WHOLE[5:20]),
        delta(0, WHOLE[:3]),
    ]
    state = feed(page, frames)
    assert state["outcomes"] == ["applied", "applied", "applied", "ignored"]
    assert text_of(state) == WHOLE[:20]


def test_a_gap_is_told_and_not_filled(page: Page) -> None:
    state = feed(page, [started(2), delta(0, "I "), delta(7, "you"), ended(4, WHOLE)])
    assert state["outcomes"] == ["applied", "applied", "gap", "gap"]
    assert text_of(state) == "I "
    assert state["seq"] == 2


def test_the_end_replaces_the_text_and_nothing_follows_it(page: Page) -> None:
    frames = [
        started(2),
        delta(0, "wrong"),
        ended(3, WHOLE),
        delta(5, "er"),
        ended(3, "x"),
    ]
    state = feed(page, frames)
    assert text_of(state) == WHOLE
    assert state["turns"][0]["replies"][0]["state"] == "done"


def test_a_new_attempt_begins_again(page: Page) -> None:
    frames = [started(2), delta(0, "half a"), started(3, 2), delta(6, " old", 1)]
    state = feed(page, [*frames, delta(0, "whole", 2)])
    assert state["outcomes"][3] == "ignored"
    assert text_of(state) == "whole"


def test_a_snapshot_never_takes_words_away(page: Page) -> None:
    running = reply(state="running", attempt=1, text="I h")
    live = {"reply": "r", "message": "m", "attempt": 1, "text": "I hear"}
    late = {"type": "snapshot", **snapshot(2, turn(running), live=live)}
    state = feed(page, [started(2), delta(0, WHOLE[:12]), late])
    assert text_of(state) == WHOLE[:12]


def test_an_older_snapshot_changes_nothing(page: Page) -> None:
    late = {"type": "snapshot", **snapshot(1, turn(reply()), reset=True)}
    state = feed(page, [started(2), ended(3, WHOLE), late])
    assert state["outcomes"][-1] == "ignored"
    assert text_of(state) == WHOLE
    assert state["seq"] == 3


def test_what_it_does_not_know_is_ignored(page: Page) -> None:
    state = feed(
        page, [frame("mood.changed", seq=2), frame("ack"), frame("explanation")]
    )
    assert state["outcomes"] == ["ignored"] * 3
    assert state["seq"] == 1


def test_page_and_script_word_scores_alike(page: Page) -> None:
    luck = random.Random(3)
    scores = [
        0.0,
        0.004,
        0.005,
        0.145,
        0.5,
        0.995,
        1.0,
        *(luck.random() for _ in range(200)),
    ]
    script = """async (scores) => {
      const { percent } = await import("/static/chat/emotion.js");
      return scores.map(percent);
    }"""
    assert page.evaluate(script, scores) == [percent(score) for score in scores]


def test_any_shuffle_and_loss_heals_from_a_snapshot(page: Page) -> None:
    """Drop, double and shuffle; then subscribe again: the state is the server's."""
    whole_story = [started(2), *deltas(WHOLE, list(range(3, 30, 4))), ended(3, WHOLE)]
    final = turn(reply(state="done", attempt=1, text=WHOLE, reason="stop")) | {"rev": 3}
    luck = random.Random(7)
    for _ in range(40):
        frames = [one for one in whole_story for _ in range(luck.choice((0, 1, 1, 2)))]
        luck.shuffle(frames)
        healed = {"type": "snapshot", **snapshot(3, final)}
        state = feed(page, [*frames, healed])
        assert text_of(state) == WHOLE
        assert state["seq"] == 3
