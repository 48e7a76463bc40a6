"""Which message the queue shows next, and what reviewers say about it."""

from __future__ import annotations

import math

import pytest
from django.db import IntegrityError, transaction

from chat.agreement import agreements, cohens_kappa
from chat.errors import BadRequest, NotFound
from chat.models import Candidate, Correction, Review
from chat.services import ranking
from chat.services.profiles import set_training_consent
from chat.services.reviews import n_waiting, next_candidate, review_message
from tests.review.rows import make_conversation, make_message, scores_of


@pytest.fixture
def wrote(alice):
    conversation = make_conversation(alice)

    def write(text: str, **read):
        message = make_message(conversation, text, **read)
        ranking.rank_message(user_id=alice.pk, message_id=message.uuid)
        return message

    return write


def entropy(scores: dict[str, float]) -> float:
    return -sum(p * math.log(p) for p in scores.values()) / math.log(len(scores))


def test_what_teaches_is_the_sum_of_doubt_dispute_and_correction(wrote, alice):
    message = wrote("Well.", bert=("joy", 0.5), roberta=("fear", 0.9))
    both = entropy(scores_of("joy", 0.5)) + entropy(scores_of("fear", 0.9))
    found = Candidate.objects.get()
    assert (found.label, found.disagreement, found.is_corrected) == ("joy", 1, False)
    assert found.entropy == pytest.approx(both / 2)
    assert found.teaches == pytest.approx(both / 2 + 1)

    Correction.objects.create(message=message, user=alice, label="love")
    ranking.rank_message(user_id=alice.pk, message_id=message.uuid)
    found.refresh_from_db()
    assert found.is_corrected
    assert found.teaches == pytest.approx(both / 2 + 2)


def test_agreeing_classifiers_and_a_confirmed_label_add_nothing(wrote, alice):
    message = wrote("Yes!", bert=("joy", 0.9), roberta=("joy", 0.9))
    Correction.objects.create(message=message, user=alice, label="joy")
    assert ranking.rank_person(alice) == 1
    found = Candidate.objects.get()
    assert (found.disagreement, found.is_corrected) == (0, False)


def test_only_messages_of_people_who_consented_wait(alice, charlie, bob):
    make_message(make_conversation(alice), "Yes", bert=("joy", 0.6))
    make_message(make_conversation(charlie), "No", bert=("joy", 0.5))
    assert sum(ranking.rank_all()) == 1
    assert next_candidate(reviewer=bob).message.text == "Yes"

    set_training_consent(user=charlie, is_given=True)
    assert n_waiting(bob) == 2
    set_training_consent(user=alice, is_given=False)
    assert next_candidate(reviewer=bob).message.text == "No"


def test_the_most_doubtful_comes_first_and_skipping_goes_on(wrote, bob):
    clear = wrote("Clear", bert=("joy", 0.95))
    vague = wrote("Vague", bert=("joy", 0.3))
    assert next_candidate(reviewer=bob).pk == vague.pk
    assert next_candidate(reviewer=bob, skipped=[vague.pk]).pk == clear.pk
    assert next_candidate(reviewer=bob, skipped=[vague.pk, clear.pk]) is None


def test_a_rare_class_comes_before_one_that_has_labels(wrote, bob, dora):
    for n in range(3):
        done = wrote(f"Done {n}", bert=("joy", 0.9))
        review_message(reviewer=dora, message_key=done.pk, label="joy")
        review_message(reviewer=bob, message_key=done.pk, label="joy")
    wrote("Common", bert=("joy", 0.7))
    rare = wrote("Rare", bert=("surprise", 0.71))
    assert next_candidate(reviewer=bob).pk == rare.pk


def test_two_reviewers_may_label_it_and_a_third_not(wrote, bob, dora, charlie):
    message = wrote("Hm", bert=("joy", 0.5))
    review_message(reviewer=bob, message_key=message.pk, label="joy")
    assert next_candidate(reviewer=bob) is None
    assert next_candidate(reviewer=dora).pk == message.pk
    review_message(reviewer=dora, message_key=message.pk, verdict="unsure")
    assert next_candidate(reviewer=charlie) is None


@pytest.mark.parametrize(
    ("said", "stored"),
    [
        ({"label": "joy"}, ("accept", "joy")),
        ({"label": "fear"}, ("fix", "fear")),
        ({"verdict": "reject"}, ("reject", "")),
        ({"verdict": "unsure"}, ("unsure", "")),
    ],
)
def test_the_verdict_follows_the_label(wrote, bob, said, stored):
    message = wrote("Hm", bert=("joy", 0.5))
    for _ in range(2):
        review_message(reviewer=bob, message_key=message.pk, **said)
    kept = Review.objects.get()
    assert (kept.verdict, kept.label) == stored


@pytest.mark.parametrize(
    "said",
    [{}, {"label": "rage"}, {"verdict": "fix"}, {"label": "joy", "verdict": "reject"}],
)
def test_nonsense_is_refused(wrote, bob, said):
    message = wrote("Hm", bert=("joy", 0.5))
    with pytest.raises(BadRequest):
        review_message(reviewer=bob, message_key=message.pk, **said)
    assert not Review.objects.exists()


def test_what_is_not_in_the_queue_cannot_be_labelled(charlie, bob):
    message = make_message(make_conversation(charlie), "No", bert=("joy", 0.5))
    with pytest.raises(NotFound):
        review_message(reviewer=bob, message_key=message.pk, label="joy")


def test_the_database_keeps_label_and_verdict_together(wrote, bob):
    message = wrote("Hm", bert=("joy", 0.5))
    for verdict, label in (("accept", ""), ("reject", "joy"), ("fix", "rage")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Review.objects.create(
                message=message, reviewer=bob, verdict=verdict, label=label
            )


def test_kappa_of_a_worked_example():
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, by chance 0.5.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert cohens_kappa(pairs) == pytest.approx(0.4)
    assert cohens_kappa([("y", "y"), ("n", "n")]) == 1
    assert cohens_kappa([("y", "n"), ("n", "y")]) == -1
    assert cohens_kappa([("y", "y")]) is None
    assert cohens_kappa([]) is None


def test_agreement_counts_what_both_judged(wrote, bob, dora):
    said = [("joy", "joy"), ("joy", "fear"), ("", ""), ("joy", None), ("?", "joy")]
    for n, labels in enumerate(said):
        message = wrote(f"Number {n}", bert=("joy", 0.5))
        for reviewer, label in zip((bob, dora), labels, strict=True):
            if label is not None:
                verdict = {"": "reject", "?": "unsure"}.get(label, "")
                given = {"verdict": verdict} if verdict else {"label": label}
                review_message(reviewer=reviewer, message_key=message.pk, **given)
    (found,) = agreements()
    assert {found.one, found.other} == {"Bob", "Dora"}
    assert (found.n, found.share) == (3, pytest.approx(2 / 3))
    # Bob: joy 2, rejected 1; Dora: joy, fear, rejected: 3/9 by chance.
    assert found.kappa == pytest.approx((2 / 3 - 1 / 3) / (1 - 1 / 3))
