"""Explanations in the engine: in pieces, behind everybody else, each with one end."""

from __future__ import annotations

import math

import pytest

from inference.errors import BadRequest, EngineBusy, InferenceError, ModelUnavailable
from inference.spare_time import LINGER_S, SHARE
from inference.types import Classified, Delta, Explained, ExplainRequest, Failed
from tests.fakes import WORDS
from tests.inference.explain_parts import BlackBox, Desk, Traced, by_word

TEXT = "I am glad and sad"
LONG = " ".join(f"w{n}" for n in range(40))


def test_it_says_what_each_word_does_for_the_label():
    explained = Desk().explained(TEXT, method="occlusion")
    assert isinstance(explained, Explained)
    assert (explained.label, explained.method) == ("joy", "occlusion")
    assert explained.score == pytest.approx(0.6)
    assert explained.model_version == "toy-1"
    assert by_word(TEXT, explained) == {
        "I": 0.0,
        "am": 0.0,
        "glad": 0.4,
        "and": 0.0,
        "sad": -0.3,
    }


def test_another_label_than_the_guess_may_be_asked_for():
    explained = Desk().explained(TEXT, label="sadness", method="occlusion")
    assert (explained.label, round(explained.score, 6)) == ("sadness", 0.4)
    assert by_word(TEXT, explained)["sad"] == 0.3


def test_lime_finds_the_words_that_matter():
    explained = Desk().explained(TEXT, method="lime")
    weights = by_word(TEXT, explained)
    assert max(weights, key=weights.__getitem__) == "glad"
    assert min(weights, key=weights.__getitem__) == "sad"
    assert weights["glad"] == pytest.approx(0.4, abs=0.05)


def test_the_same_seed_gives_the_same_weights():
    one, same, other = (
        Desk().explained(LONG + " glad", method="lime", n_samples=50, seed=seed).words
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize("method", ["lime", "occlusion"])
def test_a_text_is_tokenised_once_and_the_same_one_classified_once(method):
    desk = Desk(Traced())
    desk.explained("so very glad to be here", method=method)
    assert desk.classifier.n_encoded == 0  # only traced
    assert len(desk.classifier.rows) == len(set(desk.classifier.rows))
    n_texts = 2**6 if method == "lime" else 1 + 6
    assert len(desk.classifier.rows) <= n_texts


def test_a_black_box_is_explained_like_any_other():
    """It is given the text without the words, and tokenises it anew."""
    boxes = [Desk(kind()).explained(TEXT, method="lime") for kind in (BlackBox, Traced)]
    assert boxes[0].words == boxes[1].words


@pytest.mark.parametrize("text", ["", " ", "?!", "..."])
@pytest.mark.parametrize("method", ["lime", "occlusion"])
def test_a_text_without_words_has_no_weights(text, method):
    explained = Desk().explained(text, method=method)
    assert (explained.words, explained.score) == ((), 0.5)


@pytest.mark.parametrize("method", ["lime", "occlusion"])
def test_a_single_word_carries_it_all(method):
    explained = Desk().explained("glad!", method=method)
    assert [(word.start, word.end) for word in explained.words] == [(0, 4)]
    assert explained.words[0].weight > 0.05


def test_words_beyond_what_the_model_reads_have_no_weight():
    text = "w " * 2000
    explained = Desk(Traced(max_tokens=12)).explained(text, method="occlusion")
    assert [word.start for word in explained.words] == list(range(0, 20, 2))


@pytest.mark.parametrize("method", ["lime", "occlusion"])
def test_a_long_text_is_explained_in_runs_of_words(method):
    text = " ".join(["glad"] + ["w"] * 249)
    desk = Desk()
    words = desk.explained(text, method=method, n_samples=200).words
    assert len(words) == 250
    weights = [word.weight for word in words]
    assert weights[0] == weights[1] == weights[2] == max(weights) > max(weights[3:])
    if method == "occlusion":
        assert len(desk.classifier.rows) <= 1 + 100
        assert sum(weights) == pytest.approx(0.4)


# --- Errors ---------------------------------------------------------------------------


def test_an_unknown_label_is_refused():
    end = Desk().explained(label="envy")
    assert (end.code, end.message) == (
        "bad_request",
        "The classifier toy knows no 'envy'.",
    )


def test_gradients_of_a_black_box_are_refused():
    assert Desk(BlackBox()).explained(method="gradients").code == "bad_request"


@pytest.mark.parametrize("n_samples", [0, -1, 5001])
def test_too_many_samples_are_refused(n_samples):
    with pytest.raises(BadRequest):
        Desk().explain(n_samples=n_samples)


def test_a_classifier_that_is_not_loaded_is_refused():
    with pytest.raises(ModelUnavailable):
        Desk().core.submit(ExplainRequest("x", "electra", "so sad"), 0.0)


def test_an_id_in_the_engine_is_refused():
    desk = Desk()
    desk.explain()
    with pytest.raises(InferenceError, match="already"):
        desk.explain()


def test_a_classifier_that_fails_fails_the_explanation_and_nothing_else():
    desk = Desk(Traced(error=RuntimeError("boom")))
    desk.explain()
    desk.reply()
    desk.run()
    [end] = [event for event in desk.events if event.id == "x"]
    assert (type(end), end.code) == (Failed, "model_unavailable")
    assert "".join(e.text for e in desk.events if isinstance(e, Delta)) == " ".join(
        WORDS
    )


# --- Turns ----------------------------------------------------------------------------


def test_a_chats_classification_goes_before_the_next_piece():
    desk = Desk(classify_token_budget=50, token_s=0.001)
    desk.explain(LONG, method="occlusion")
    for _ in range(3):
        desk.tick()
    n_before = len(desk.classifier.batches)
    desk.classify()
    assert [type(event) for event in desk.tick()] == [Classified]
    assert desk.classifier.batches[n_before][0] == ["<", "so", "sad", ">"]
    assert desk.core.stats(desk.clock.now).n_explaining == 1


def test_a_piece_never_exceeds_the_token_budget():
    desk = Desk(classify_token_budget=200)
    desk.explained(LONG, method="lime", n_samples=100)
    padded = [len(batch) * max(map(len, batch)) for batch in desk.classifier.batches]
    assert max(padded) <= 200
    assert len(padded) > 5


def test_it_waits_long_while_somebody_is_being_answered():
    """Its pieces are short then, and have a small share of the time."""
    desk = Desk(token_s=0.001)
    desk.generator._may_go_on = lambda n_tokens: False
    desk.reply(total_timeout_s=1e9)
    desk.explain(LONG, method="occlusion", total_timeout_s=1e9)
    started_s = desk.clock.now
    while desk.core.stats(desk.clock.now).n_explaining:
        desk.tick(wait_s=0.005)
    ours_s = 0.001 * sum(len(b) * max(map(len, b)) for b in desk.classifier.batches)
    assert ours_s / (desk.clock.now - started_s) == pytest.approx(SHARE, rel=0.3)
    longest = max(len(batch) for batch in desk.classifier.batches)
    assert longest == 1  # a text of 40 tokens takes longer than a piece may


def test_it_grows_no_older_than_a_chat():
    """However long it has waited, it takes no place in the queue of classifications."""
    desk = Desk(max_queued_classify=2)
    for n in range(8):
        desk.explain(LONG, request_id=str(n))
    desk.clock.now += 20.0
    desk.classify("c1")
    desk.classify("c2")
    with pytest.raises(EngineBusy):
        desk.classify("c3")
    assert {event.id for event in desk.tick()} == {"c1", "c2"}


def test_too_many_explanations_are_refused_at_once():
    desk = Desk(max_explanations=2)
    desk.explain(request_id="a")
    desk.explain(request_id="b")
    with pytest.raises(EngineBusy) as refusal:
        desk.explain(request_id="c")
    assert refusal.value.retry_after_s > 0
    desk.run()
    assert [event.id for event in desk.events] == ["a", "b"]


def test_whoever_asked_for_one_goes_before_anothers_second():
    desk = Desk()
    for request_id, user in (("a1", "alice"), ("a2", "alice"), ("b1", "bob")):
        desk.explain(f"{LONG} {request_id}", request_id=request_id, user=user)
    desk.run()
    assert [event.id for event in desk.events] == ["a1", "b1", "a2"]


def test_the_host_may_rest_until_something_can_be_done():
    desk = Desk()
    now = desk.clock.now
    assert desk.core.pause_s(now) == math.inf  # nothing is asked for
    desk.classify()
    assert desk.core.pause_s(now) == 0
    desk.run()
    desk.explain(LONG, method="lime")
    assert 0 < desk.core.pause_s(desk.clock.now) <= LINGER_S
    assert desk.core.pause_s(desk.clock.now + LINGER_S) == pytest.approx(0)


# --- Ends -----------------------------------------------------------------------------


@pytest.mark.parametrize("n_ticks", [0, 1, 4])
def test_a_cancelled_explanation_ends_once_and_computes_no_more(n_ticks):
    desk = Desk(classify_token_budget=50)
    desk.explain(LONG, method="lime")
    for _ in range(n_ticks):
        desk.tick()
    n_batches = len(desk.classifier.batches)
    desk.core.cancel("x")
    desk.core.cancel("x")
    desk.run()
    [end] = desk.events
    assert (type(end), end.code) == (Failed, "cancelled")
    assert len(desk.classifier.batches) == n_batches


def test_waiting_too_long_ends_it():
    desk = Desk(classify_token_budget=50)
    desk.explain(request_id="first", queue_timeout_s=1e9)
    desk.explain(request_id="second", queue_timeout_s=5.0)
    desk.tick()
    [end] = [event for event in desk.tick(wait_s=5.0) if event.id == "second"]
    assert end.code == "deadline"


def test_taking_too_long_ends_it():
    desk = Desk(classify_token_budget=50)
    desk.explain(LONG, method="lime", total_timeout_s=5.0)
    desk.tick()
    assert [end.code for end in desk.tick(wait_s=5.0)] == ["deadline"]
    assert not desk.core.has_work


def test_what_was_explained_lately_is_remembered():
    desk = Desk()
    first = desk.explained(method="lime")
    n_batches = len(desk.classifier.batches)
    again = desk.explained(method="lime", request_id="y")
    assert (again.id, again.words) == ("y", first.words)
    assert len(desk.classifier.batches) == n_batches
    desk.explained(method="lime", seed=1, request_id="z")
    assert len(desk.classifier.batches) > n_batches


def test_another_version_of_the_model_is_explained_anew():
    desk = Desk()
    desk.explained()
    n_batches = len(desk.classifier.batches)
    desk.classifier.version = "toy-2"
    assert desk.explained(request_id="y").model_version == "toy-2"
    assert len(desk.classifier.batches) > n_batches
