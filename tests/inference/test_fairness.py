"""Who goes first: priorities that age, and users who share."""

from __future__ import annotations

import random

import pytest

from inference.fairness import in_turn
from inference.scheduler import Entry, Limits, Scheduler
from inference.types import ClassifyRequest, GenerateRequest, Priority


def reply(
    name: str,
    at: float = 0.0,
    priority: Priority = Priority.INTERACTIVE,
    user: str = "",
) -> Entry:
    request = GenerateRequest(name, "hi", None, priority=priority, user=user)
    return Entry(request, [0] * 10, at)


def order(waiting: list[Entry], running: list[Entry], now: float) -> list[str]:
    return [entry.id for entry in in_turn(waiting, running, now)]


def test_the_better_priority_goes_first() -> None:
    waiting = [
        reply(p.name, at=i / 10, priority=p) for i, p in enumerate(reversed(Priority))
    ]

    assert order(waiting, [], 0.5) == [p.name for p in Priority]


@pytest.mark.parametrize(
    ("waited", "first"), [(0.0, "new"), (1.9, "new"), (3.0, "old"), (60.0, "old")]
)
def test_a_second_of_waiting_is_worth_a_step(waited: float, first: str) -> None:
    old = reply("old", at=0.0, priority=Priority.EXPLANATION)
    new = reply("new", at=waited)

    assert order([new, old], [], waited)[0] == first


def test_users_take_turns() -> None:
    busy = [reply(f"busy {i}", at=i / 100, user="busy") for i in range(4)]
    calm = [reply(f"calm {i}", at=0.5 + i / 100, user="calm") for i in range(2)]

    assert order(busy + calm, [], 0.6) == [
        "busy 0", "calm 0", "busy 1", "calm 1", "busy 2", "busy 3",
    ]  # fmt: skip


def test_what_runs_counts_too() -> None:
    waiting = [reply("second", at=0.0, user="a"), reply("first", at=0.5, user="b")]

    assert order(waiting, [reply("runs", user="a")], 0.6) == ["first", "second"]


def test_without_a_user_it_is_first_come_first_served() -> None:
    waiting = [reply(str(i), at=float(i) / 100) for i in range(6)]
    mixed = random.Random(3).sample(waiting, 6)

    assert order(mixed, [], 0.1) == [str(i) for i in range(6)]


def test_one_user_cannot_keep_another_from_the_slots() -> None:
    made = Scheduler(Limits(n_slots=4, max_admit=4))
    for i in range(20):
        made.enqueue(reply(f"a{i}", at=0.0, user="a"))
    made.enqueue(reply("b", at=0.9, user="b"))
    taken = [entry.id for entry in made.take_admissions(0.95)]

    assert taken == ["a0", "b", "a1", "a2"]


def test_classifications_go_in_turn_too() -> None:
    made = Scheduler(Limits(classify_token_budget=20))
    for i in range(5):
        request = ClassifyRequest(
            f"batch {i}", "bert", "hi", priority=Priority.BATCH, user="app"
        )
        made.enqueue(Entry(request, [0] * 10, 0.0))
    made.enqueue(
        Entry(ClassifyRequest("person", "bert", "hi", user="p"), [0] * 10, 0.5)
    )
    ((first, second),) = made.take_classify_batches(0.6)

    assert (first.id, second.id) == ("person", "batch 0")
