"""A long text of a windowed model is classified window by window, and answered once."""

from __future__ import annotations

import pytest

from inference.types import Classified, Delta, Failed
from inference.windows import WindowRule, pooled, windows
from tests.inference.explain_parts import Desk, Traced, by_word

RULE = WindowRule(size=10, overlap=2, most=8)
LONG = " ".join(["glad", *(f"w{n}" for n in range(30)), "sad"])


class Windowed(Traced):
    """Reads ten tokens at once."""

    def windows(self, tokens):
        return windows(tokens, RULE)

    def classify(self, batch):
        assert max(map(len, batch)) <= RULE.size
        return super().classify(batch)


def desk(**limits):
    return Desk(Windowed(), **limits)


def expected():
    box = Windowed()
    return pooled(box.classify(box.windows(box.encode(LONG))))


@pytest.mark.parametrize("budget", [10, 20, 512])
def test_its_windows_are_pooled_into_one_answer(budget):
    own = desk(classify_token_budget=budget)
    own.classify(text=LONG)
    [answer] = own.run()
    assert isinstance(answer, Classified)
    assert answer.scores == expected()
    assert max(len(batch) for batch in own.classifier.batches) <= budget // RULE.size


def test_a_short_text_does_not_wait_for_all_of_a_long_one():
    own = desk(classify_token_budget=20)
    own.classify("long", LONG, user="alice")
    own.classify("short", "so sad", user="bob")
    assert [event.id for event in own.run()] == ["short", "long"]


def test_words_go_on_while_a_long_text_is_read():
    own = desk(classify_token_budget=10)
    own.reply()
    own.classify("long", LONG)
    events = own.tick()
    assert [type(event) for event in events] == [Delta]


@pytest.mark.parametrize("n_ticks", [0, 1, 2])
def test_a_cancelled_one_ends_once(n_ticks):
    own = desk(classify_token_budget=10)
    own.classify("long", LONG)
    for _ in range(n_ticks):
        own.tick()
    own.core.cancel("long")
    n_batches = len(own.classifier.batches)
    [end] = own.run()
    assert (type(end), end.code) == (Failed, "cancelled")
    assert len(own.classifier.batches) == n_batches
    own.classify("long", LONG)  # nothing is left of the first one
    own.run()
    assert own.events[-1].scores == expected()


def test_one_that_fails_ends_once():
    own = desk(classify_token_budget=20)
    own.classifier.error = RuntimeError("boom")  # from the second batch on
    own.classify("long", LONG)
    [end] = own.run()
    assert (end.id, end.code) == ("long", "model_unavailable")


def test_one_that_waits_too_long_ends_once():
    own = desk(classify_token_budget=10)
    own.classify("long", LONG)
    own.tick()
    assert [event.code for event in own.tick(wait_s=5.0)] == ["deadline"]
    assert not own.core.has_work


@pytest.mark.parametrize("method", ["occlusion", "lime"])
def test_its_explanation_never_computes_more_than_a_window_at_once(method):
    own = desk(classify_token_budget=10)
    explained = own.explained(LONG, method=method, n_samples=60)
    weights = by_word(LONG, explained)
    assert len(weights) == 32
    assert explained.score == expected()[explained.label]
    assert max(weights, key=weights.__getitem__) == "glad"
    padded = [len(batch) * max(map(len, batch)) for batch in own.classifier.batches]
    assert max(padded) <= RULE.size
