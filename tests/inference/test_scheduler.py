from __future__ import annotations

import pytest

from inference.errors import EngineBusy
from inference.scheduler import Entry, Limits, Scheduler
from inference.types import ClassifyRequest, GenerateRequest


def reply(request_id, n_tokens=10, at=0.0, **options):
    return Entry(GenerateRequest(request_id, "hi", None, **options), [0] * n_tokens, at)


def classification(request_id, n_tokens=10, at=0.0, classifier="bert", **options):
    request = ClassifyRequest(request_id, classifier, "hi", **options)
    return Entry(request, [0] * n_tokens, at)


def scheduler(entries=(), **limits):
    made = Scheduler(Limits(**limits))
    for entry in entries:
        made.enqueue(entry)
    return made


def ids(entries):
    return [entry.id for entry in entries]


@pytest.mark.parametrize(
    ("lengths", "budget", "n_taken"),
    [
        ([], 100, 0),
        ([10], 100, 1),
        ([500], 100, 1),  # one always goes, however long
        ([10, 10, 10], 30, 3),
        ([10, 10, 10], 29, 2),
        ([10, 40, 10], 79, 1),  # padded to the longest: 2 x 40
        ([10, 40, 10], 80, 2),
        ([40, 10, 10], 120, 3),
    ],
)
def test_a_batch_is_the_oldest_within_the_padded_budget(lengths, budget, n_taken):
    entries = [classification(str(i), n) for i, n in enumerate(lengths)]
    batches = scheduler(entries, classify_token_budget=budget).take_classify_batches(
        0.0
    )
    assert [ids(batch) for batch in batches] == (
        [ids(entries[:n_taken])] if n_taken else []
    )


def test_each_classifier_gets_a_batch_of_its_own():
    entries = [
        classification("a", classifier="bert"),
        classification("b", classifier="roberta"),
        classification("c", classifier="bert"),
    ]
    batches = scheduler(entries).take_classify_batches(0.0)
    assert [ids(batch) for batch in batches] == [["a", "c"], ["b"]]


@pytest.mark.parametrize(
    ("n_waiting", "limits", "admitted"),
    [
        (0, {}, []),
        (3, {}, ["0", "1", "2"]),
        (6, {"max_admit": 4}, ["0", "1", "2", "3"]),
        (6, {"n_slots": 2}, ["0", "1"]),
        (6, {"admit_token_budget": 30}, ["0", "1", "2"]),
        (6, {"admit_token_budget": 5}, ["0"]),
    ],
)
def test_the_oldest_replies_get_the_free_slots(n_waiting, limits, admitted):
    made = scheduler([reply(str(i)) for i in range(n_waiting)], **limits)
    assert ids(made.take_admissions(0.0)) == admitted
    assert list(made.running) == admitted


def test_a_reply_that_ends_makes_room():
    made = scheduler([reply("a"), reply("b")], n_slots=1)
    assert ids(made.take_admissions(0.0)) == ["a"]
    assert ids(made.take_admissions(0.0)) == []
    made.retire("a")
    assert ids(made.take_admissions(1.0)) == ["b"]


@pytest.mark.parametrize(
    ("entry", "now", "is_late"),
    [
        (reply("a", at=10.0, queue_timeout_s=2.0), 11.9, False),
        (reply("a", at=10.0, queue_timeout_s=2.0), 12.0, True),
        (reply("a", at=10.0, queue_timeout_s=9.0, total_timeout_s=1.0), 11.0, True),
        (classification("a", at=10.0), 11.9, False),
        (classification("a", at=10.0), 12.0, True),
        (classification("a", at=10.0, queue_timeout_s=0.5), 10.5, True),
    ],
)
def test_what_waits_too_long_is_taken_out(entry, now, is_late):
    made = scheduler([entry])
    assert made.expire(now) == ([entry] if is_late else [])
    assert made.has_work is not is_late


def test_a_running_reply_is_overdue_at_its_deadline():
    made = scheduler([reply("a", total_timeout_s=3.0), reply("b", total_timeout_s=5.0)])
    made.take_admissions(0.0)
    assert made.overdue(2.9) == []
    assert ids(made.overdue(3.0)) == ["a"]


@pytest.mark.parametrize("make", [reply, classification])
def test_a_full_lane_refuses_and_says_when_to_come_back(make):
    made = scheduler(n_slots=1, max_queued=2, max_queued_classify=3)
    for i in range(3):
        made.refuse_if_full(make(str(i)).request)
        made.enqueue(make(str(i)))
    with pytest.raises(EngineBusy) as refusal:
        made.refuse_if_full(make("one too many").request)
    assert refusal.value.retry_after_s > 0


def test_one_full_lane_does_not_close_the_other():
    made = scheduler([reply("a")], n_slots=0, max_queued=1)
    made.refuse_if_full(classification("b").request)


@pytest.mark.parametrize("make", [reply, classification])
def test_what_waits_can_be_withdrawn(make):
    made = scheduler([make("a"), make("b")])
    assert made.withdraw("a").id == "a"
    assert made.withdraw("a") is None
    assert "a" not in made
    assert "b" in made


def test_slow_replies_make_it_ask_for_more_patience():
    made = scheduler([reply(str(i)) for i in range(40)], n_slots=1, max_queued=40)
    made.take_admissions(0.0)
    before_s = made.retry_after_s()
    for _ in range(20):
        made.learn_round(2.0)
    assert made.retry_after_s() > before_s
    assert made.retry_after_s() <= 30.0


def learned(made, round_s, n_tokens):
    """Let the scheduler see enough rounds and replies to have made up its mind."""
    for i in range(100):
        made.enqueue(reply(f"lesson {i}"))
        made.take_admissions(0.0)
        made.learn_round(round_s)
        made.retire(f"lesson {i}", n_tokens)
    return made


def test_the_wait_is_what_rounds_and_replies_have_cost():
    made = learned(scheduler(n_slots=2, max_admit=2), round_s=0.1, n_tokens=20)
    assert made.wait_s() == 0.0
    for i in range(2):
        made.enqueue(reply(str(i)))
    made.take_admissions(0.0)
    assert made.wait_s() == pytest.approx(2.0, rel=0.01)
    for _ in range(15):
        made.learn_round(0.1)
    assert made.wait_s() == pytest.approx(0.5, rel=0.01)
    for i in range(2, 5):
        made.enqueue(reply(str(i)))
    assert made.wait_s() == pytest.approx(
        2.5, rel=0.01
    )  # the fourth behind two and two


def test_a_reply_that_would_wait_in_vain_is_refused_at_once():
    made = learned(scheduler(n_slots=1), round_s=0.3, n_tokens=20)
    made.enqueue(reply("runs"))
    made.take_admissions(0.0)
    with pytest.raises(EngineBusy) as refusal:
        made.refuse_if_full(reply("impatient", queue_timeout_s=2.0).request)
    assert refusal.value.retry_after_s == pytest.approx(6.0, rel=0.01)
    made.refuse_if_full(reply("patient", queue_timeout_s=60.0).request)
    made.refuse_if_full(classification("beside it").request)


def test_a_burst_is_let_in_as_far_as_it_can_be_served():
    """Replies of 2.3 s: whoever comes second of a slot waits once, the third in vain."""
    made = learned(scheduler(n_slots=32, max_queued=96, max_admit=32), 0.08, 28)
    for i in range(64):
        made.refuse_if_full(reply(str(i)).request)
        made.enqueue(reply(str(i)))
        made.take_admissions(0.0)
    with pytest.raises(EngineBusy):
        made.refuse_if_full(reply("65th").request)


def test_a_stopped_reply_teaches_nothing_of_their_length():
    made = learned(scheduler(n_slots=1), round_s=0.1, n_tokens=20)
    for i in range(20):
        made.enqueue(reply(str(i)))
        made.take_admissions(0.0)
        made.retire(str(i))
    made.enqueue(reply("runs"))
    made.take_admissions(0.0)
    assert made.wait_s() == pytest.approx(2.0, rel=0.01)


def test_an_engine_that_has_measured_nothing_lets_a_burst_in():
    made = scheduler(n_slots=32, max_queued=64)
    for i in range(96):
        made.refuse_if_full(reply(str(i)).request)
        made.enqueue(reply(str(i)))


def test_its_figures_tell_what_waits_and_runs():
    entries = [reply("a", at=1.0), reply("b", at=2.0), classification("c", at=3.0)]
    made = scheduler(entries, n_slots=1, max_queued=7)
    made.take_admissions(4.0)
    stats = made.stats(5.0, {"bert": "v1"})
    assert (stats.n_running, stats.n_queued, stats.n_queued_classify) == (1, 1, 1)
    assert (stats.n_slots, stats.max_queued, stats.oldest_wait_s) == (1, 7, 3.0)
    assert stats.models == {"bert": "v1"}


def test_prompts_wait_where_a_running_reply_would():
    made = scheduler([reply(str(i)) for i in range(9)], n_slots=9)
    first = made.take_admissions(0.0)
    assert len(first) == 4
    for _ in range(50):
        made.learn_admission(first, took_s=0.1)  # 2.5 ms a token of ten each
        made.learn_step(took_s=0.03)
    assert ids(made.take_admissions(0.0)) == ["4", "5"]


def test_one_prompt_always_gets_in_and_without_others_all_that_fit():
    made = scheduler([reply(str(i)) for i in range(9)], n_slots=9)
    first = made.take_admissions(0.0)
    for _ in range(50):
        made.learn_admission(first, took_s=4.0)
    assert ids(made.take_admissions(0.0)) == ["4"]
    for entry in (*first, *made.running.copy().values()):
        if entry.id in made.running:
            made.retire(entry.id)
    assert ids(made.take_admissions(1.0)) == ["5", "6", "7", "8"]
