from __future__ import annotations

import asyncio
import time

from chat.deltas import MIN_GAP_S, DeltaMerger


class Sent:
    """Collects deltas with the time each was sent."""

    def __init__(self) -> None:
        self.deltas: list[tuple[int, str]] = []
        self.times: list[float] = []

    async def __call__(self, offset: int, text: str) -> None:
        self.deltas.append((offset, text))
        self.times.append(time.monotonic())

    def applied(self) -> str:
        """The text of a client that takes a delta only where it fits exactly."""
        text = ""
        for offset, delta in self.deltas:
            assert offset == len(text)
            text += delta
        return text


async def merge(pieces: list[str], gap_s: float) -> Sent:
    sent = Sent()
    merger = DeltaMerger(sent)
    running = asyncio.create_task(merger.run())
    for piece in pieces:
        merger.add(piece)
        await asyncio.sleep(gap_s)
    await asyncio.sleep(3 * MIN_GAP_S)
    running.cancel()
    assert merger.text == "".join(pieces)
    return sent


async def test_the_first_leaves_at_once_and_alone() -> None:
    sent = await merge(["I", " see", " you"], gap_s=0.002)
    assert sent.deltas[0] == (0, "I")
    assert sent.applied() == "I see you"


async def test_a_fast_stream_is_merged() -> None:
    pieces = [f" word{n}" for n in range(150)]
    sent = await merge(pieces, gap_s=0.002)
    gaps = [later - one for one, later in zip(sent.times, sent.times[1:], strict=False)]
    assert min(gaps) > 0.9 * MIN_GAP_S  # at most 25 a second
    assert len(sent.deltas) < len(pieces) / 5
    assert sent.applied() == "".join(pieces)


async def test_a_slow_stream_is_not_held_back() -> None:
    sent = await merge(["a", "b", "c"], gap_s=2 * MIN_GAP_S)
    assert sent.deltas == [(0, "a"), (1, "b"), (2, "c")]


async def test_offsets_count_code_points() -> None:
    pieces = ["\U0001f600", "e\u0301", "\U0001f468\u200d\U0001f469", "\u202e", "end"]
    sent = await merge(pieces, gap_s=2 * MIN_GAP_S)
    assert [offset for offset, _ in sent.deltas] == [0, 1, 3, 6, 7]
    assert sent.applied() == "".join(pieces)
