"""The review queue and the data sets as pages: forms that work without scripts."""

from __future__ import annotations

import pytest

from chat.models import AccessRecord, Conversation, Review
from chat.services import access, ranking
from chat.services.profiles import set_training_consent
from tests.review.rows import make_conversation, make_message, make_person, make_reply

QUEUE = "/admin/chat/review/queue/"
SETS = "/admin/chat/review/sets/"
WHY = "first round"


@pytest.fixture
def asked(alice):
    """A conversation whose third message waits, being the vaguest."""
    conversation = make_conversation(alice, "CANARY-title")
    for n in range(2):
        message = make_message(conversation, f"CANARY-before-{n}", bert=("joy", 0.97))
        make_reply(message, f"CANARY-reply-{n}")
    vague = make_message(conversation, "CANARY-asked", bert=("joy", 0.8))
    make_message(conversation, "CANARY-after", bert=("joy", 0.98))
    ranking.rank_person(alice)
    return vague


def started(client):
    answer = client.post(QUEUE, {"reason": WHY}, follow=True)
    assert answer.status_code == 200
    return answer


def say(client, message, said, **more):
    form = {"message": message.pk, "said": said, **more}
    return client.post(QUEUE, form, follow=True)


def test_nothing_is_shown_before_a_reason(asked, bob, at_desk):
    client = at_desk(bob)
    page = client.get(QUEUE).text
    assert "4 messages wait for you" in page
    assert "CANARY" not in page
    assert client.post(QUEUE, {"reason": "x"}).status_code == 400
    assert not AccessRecord.objects.exists()


def test_a_message_comes_with_what_was_said_before_and_not_after(asked, bob, at_desk):
    page = started(at_desk(bob)).text
    for words in ("asked", "before-0", "before-1", "reply-1"):
        assert f"CANARY-{words}" in page, words
    assert "CANARY-after" not in page
    assert '<input type="radio" name="label" value="joy" checked>' in page
    kept = AccessRecord.objects.get()
    assert kept.conversation == asked.conversation_id
    assert kept.reason == f"Review queue: {WHY}"


def test_it_fails_closed(asked, bob, at_desk, monkeypatch):
    def broken(**_):
        raise RuntimeError

    client = at_desk(bob)
    client.raise_request_exception = False
    monkeypatch.setattr(access, "record_access", broken)
    answer = client.post(QUEUE, {"reason": WHY}, follow=True)
    assert answer.status_code == 500
    assert "CANARY" not in answer.text


def test_a_guess_that_is_not_sure_is_not_chosen_beforehand(alice, bob, at_desk):
    make_message(make_conversation(alice), "Hm", bert=("joy", 0.2))
    ranking.rank_person(alice)
    assert "checked" not in started(at_desk(bob)).text


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"said": "label", "label": "joy"}, ("accept", "joy")),
        ({"said": "label", "label": "love"}, ("fix", "love")),
        ({"said": "unsure"}, ("unsure", "")),
        ({"said": "reject", "label": "joy"}, ("reject", "")),
    ],
)
def test_what_is_said_is_kept_and_the_next_comes(asked, bob, at_desk, said, kept):
    client = at_desk(bob)
    started(client)
    page = say(client, asked, **said).text
    review = Review.objects.get()
    assert (review.message_id, review.verdict, review.label) == (asked.pk, *kept)
    assert f'value="{asked.pk}"' not in page
    assert "CANARY-after" in page or "CANARY-before" in page


def test_skipping_says_nothing_and_goes_on(asked, bob, at_desk):
    client = at_desk(bob)
    started(client)
    for message in [asked, *asked.conversation.messages.exclude(pk=asked.pk)]:
        answer = say(client, message, "skip")
    assert "Nothing waits for you" in answer.text
    assert not Review.objects.exists()


def test_one_can_go_back_to_what_one_said(asked, bob, dora, at_desk):
    client = at_desk(bob)
    started(client)
    say(client, asked, "label", label="fear")
    again = client.get(QUEUE, {"message": asked.pk}).text
    assert "CANARY-asked" in again
    assert '<input type="radio" name="label" value="fear" checked>' in again
    other = at_desk(dora)
    started(other)
    say(other, asked, "skip")
    page = other.get(QUEUE, {"message": asked.pk})  # which is not hers to come back to
    assert f'name="message" value="{asked.pk}"' not in page.text


@pytest.mark.parametrize(
    "form",
    [
        {"message": "1", "said": "label", "label": "rage"},
        {"message": "1", "said": "label"},
        {"message": "1", "said": "accept"},
        {"message": "x", "said": "unsure"},
        {"message": "9" * 30, "said": "unsure"},
        {},
    ],
)
def test_nonsense_changes_nothing(asked, bob, at_desk, form):
    client = at_desk(bob)
    started(client)
    if form.get("message") == "1":
        form = {**form, "message": asked.pk}
    assert client.post(QUEUE, form).status_code in (400, 404)
    assert not Review.objects.exists()


def test_consent_taken_back_in_the_meantime(asked, alice, bob, at_desk):
    client = at_desk(bob)
    started(client)
    set_training_consent(user=alice, is_given=False)
    answer = say(client, asked, "label", label="joy")
    assert "Nothing waits for you" in answer.text
    assert not Review.objects.exists()


def test_a_deleted_conversation_does_not_wait(asked, bob, at_desk):
    Conversation.objects.update(deleted_at=asked.created_at)
    assert "Nothing waits" in started(at_desk(bob)).text


def test_who_may_review_and_export(asked, sam, charlie, at_desk, client):
    for person in (sam, charlie, make_person("nosy", is_staff=True)):
        for url in (QUEUE, SETS, f"{SETS}1/labels.jsonl"):
            for answer in (
                at_desk(person).get(url),
                at_desk(person).post(url, {"reason": WHY}),
            ):
                assert answer.status_code in (302, 403), url
    assert client.get(QUEUE).status_code == 302


def test_the_queue_takes_few_queries(
    asked, bob, at_desk, django_assert_max_num_queries
):
    client = at_desk(bob)
    started(client)
    with django_assert_max_num_queries(20):
        client.get(QUEUE)


def test_a_set_is_exported_listed_and_downloaded(asked, bob, dora, at_desk):
    client = at_desk(bob)
    assert "No set was exported yet" in client.get(SETS).text
    refused = client.post(SETS, {"reason": WHY})
    assert refused.status_code == 400
    for reviewer in (bob, dora):
        desk = at_desk(reviewer)
        started(desk)
        say(desk, asked, "label", label="fear")
    assert client.post(SETS, {"reason": "no"}).status_code == 400
    page = client.post(SETS, {"reason": WHY}, follow=True).text
    assert "Version 1 has 1 message." in page
    assert "1 fear" in page
    assert "Bob and Dora" in page

    before = AccessRecord.objects.count()
    lines = client.get(f"{SETS}1/labels.jsonl")
    assert "CANARY-asked" in lines.text
    assert "attachment" in lines["Content-Disposition"]
    kept = AccessRecord.objects.order_by("-pk")[0]
    assert AccessRecord.objects.count() == before + 1
    assert kept.reason == "Download of reviewed labels, version 1"
    assert client.get(f"{SETS}1/DATASHEET.md").status_code == 200
    assert AccessRecord.objects.count() == before + 1
    for path in ("2/labels.jsonl", "1/people.json"):
        assert client.get(SETS + path).status_code == 404, path
