from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from chat.errors import Conflict, NotFound, RateLimited, ReplyActive
from chat.models import Conversation, Feedback, Message, Reply
from chat.services import conversations, recovery, reply_queue
from chat.services.messages import correct_emotion
from chat.services.replies import give_feedback, regenerate_reply, stop_reply
from chat.services.reply_queue import Ending, StaleAttempt
from inference.types import Classified, HistoryTurn
from tests.chat.cast import claim_next

if TYPE_CHECKING:
    from uuid import UUID

    from pytest_django import Settings

    from chat.services.messages import Done
    from chat.services.reply_queue import Claim
    from tests.chat.cast import Somebody

pytestmark = pytest.mark.django_db

SADNESS = Classified("r", "sadness", {"sadness": 0.9, "joy": 0.1}, "v1", 3)


def claim() -> Claim:
    found = claim_next()
    assert found is not None
    return found


def finish(held: Claim, reason: str = "stop", text: str = "I see.") -> Reply:
    reply_queue.finish_reply(claim=held, ending=Ending(reason, text))
    return Reply.objects.get(pk=held.reply)


def row(reply: UUID) -> Reply:
    return Reply.objects.get(pk=reply)


def let_the_lease_run_out() -> None:
    Reply.objects.filter(state="running").update(
        lease_until=Now() - timedelta(seconds=1)
    )


def stop(who: Somebody, reply: UUID) -> Done:
    return stop_reply(session_key=who.session_key, reply_id=reply)


def regenerate(who: Somebody, message: UUID) -> Done:
    return regenerate_reply(
        session_key=who.session_key, message_id=message, check_admission=lambda: None
    )


# --- Claiming -----------------------------------------------------------------------


def test_it_claims_under_a_lease(alice: Somebody) -> None:
    accepted = alice.sends("I miss her.")
    held = claim()
    assert (held.reply, held.attempt, held.text) == (accepted.reply, 1, "I miss her.")
    assert held.to_classify == ("bert",)
    assert held.label is None
    reply = row(held.reply)
    assert reply.state == "running"
    assert reply.lease_until > timezone.now() + timedelta(seconds=10)
    assert reply.deadline_at is not None
    assert claim_next() is None


def test_the_oldest_goes_first(alice: Somebody, charlie: Somebody) -> None:
    sent = [who.sends().reply for who in (alice, charlie, alice)]
    assert [claim().reply for _ in sent] == sent


def test_a_conversation_answers_in_order_one_at_a_time(alice: Somebody) -> None:
    first = alice.sends("one")
    waiting = [alice.sends(n, conversation_id=first.conversation) for n in ("two", "3")]
    held = claim()
    assert claim_next() is None
    for expected in waiting:
        finish(held)
        held = claim()
        assert held.reply == expected.reply


def test_a_regenerated_reply_waits_its_turn(alice: Somebody) -> None:
    first = alice.sends("one")
    finish(claim())
    second = alice.sends("two", conversation_id=first.conversation)
    again = regenerate(alice, first.message)
    held = claim()
    assert held.reply == second.reply
    finish(held)
    assert claim().reply == again.reply


def test_history_is_what_was_said_before(alice: Somebody) -> None:
    first = alice.sends("m0")
    conversation = first.conversation
    finish(claim(), text="r0")
    for n in range(1, 6):
        alice.sends(f"m{n}", conversation_id=conversation)
        finish(claim(), text=f"r{n}" if n != 3 else "")
    alice.sends("now", conversation_id=conversation)
    alice.sends("later", conversation_id=conversation)
    told = [HistoryTurn(f"m{n}", f"r{n}") for n in (1, 2, 4, 5)]
    assert list(claim().history) == told


def test_history_takes_the_latest_of_several_replies(alice: Somebody) -> None:
    first = alice.sends("m0")
    finish(claim(), text="first try")
    regenerate(alice, first.message)
    finish(claim(), text="second try")
    alice.sends("now", conversation_id=first.conversation)
    assert claim().history == (HistoryTurn("m0", "second try"),)


def finished(text: str) -> Claim:
    held = claim()
    finish(held, text=text)
    return held


def test_every_reply_of_the_conversation_counts_as_heard(alice: Somebody) -> None:
    first = alice.sends("m0")
    finish(claim(), text="first try")
    regenerate(alice, first.message)
    assert finished("second try").heard == ("first try",)
    alice.sends("elsewhere")
    assert finished("another talk").heard == ()
    alice.sends("now", conversation_id=first.conversation)
    assert claim().heard == ("second try", "first try")


def test_a_message_without_classifiers_blocks_nobody(alice: Somebody) -> None:
    alice.sends()
    Message.objects.update(classifiers=[])
    held = claim()
    assert (held.to_classify, held.first_classifier) == ((), "")


# --- One attempt --------------------------------------------------------------------


def begin(held: Claim) -> list[str]:
    events = reply_queue.begin_reply(
        claim=held, classified=[SADNESS], names=["bert"], generator="g1"
    )
    return [event.body["type"] for event in events]


def test_it_stores_what_was_read_then_starts(alice: Somebody) -> None:
    accepted = alice.sends()
    held = claim()
    assert begin(held) == ["message.classified", "reply.started"]
    message = Message.objects.get()
    assert message.classifications.get().label == "sadness"
    assert message.rev == message.conversation.last_seq == 3
    assert row(accepted.reply).generator == "g1"


def test_it_ends_with_its_text(alice: Somebody) -> None:
    alice.sends()
    held = claim()
    begin(held)
    ending = Ending("length", "I see", "", 12, 345)
    (event,) = reply_queue.finish_reply(claim=held, ending=ending)
    reply = row(held.reply)
    assert (reply.state, reply.finish_reason, reply.text) == ("done", "length", "I see")
    assert (reply.first_token_ms, reply.duration_ms) == (12, 345)
    assert event.body["type"] == "reply.finished"
    assert event.body["seq"] == 4 == Conversation.objects.get().last_seq
    assert Message.objects.get().rev == 4


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("stop", "done"),
        ("length", "done"),
        ("deadline", "done"),
        ("stopped", "stopped"),
        ("error", "failed"),
    ],
)
def test_each_reason_has_its_state(alice: Somebody, reason: str, state: str) -> None:
    alice.sends()
    assert finish(claim(), reason).state == state


def test_an_attempt_that_lost_its_lease_writes_nothing(alice: Somebody) -> None:
    alice.sends()
    old = claim()
    let_the_lease_run_out()
    recovery.sweep()
    new = claim()
    assert (new.reply, new.attempt) == (old.reply, 2)
    before = Conversation.objects.get().last_seq
    with pytest.raises(StaleAttempt):
        begin(old)
    with pytest.raises(StaleAttempt):
        finish(old)
    with pytest.raises(StaleAttempt):
        recovery.release_reply(claim=old, text="old", delay_s=0)
    lease = reply_queue.renew_lease(claim=old, text="old")
    assert (lease.is_ours, lease.is_stop_requested) == (False, False)
    assert Conversation.objects.get().last_seq == before
    assert (row(new.reply).state, row(new.reply).text) == ("running", "")
    assert finish(new).text == "I see."


def test_nothing_is_written_twice(alice: Somebody) -> None:
    alice.sends()
    held = claim()
    finish(held)
    with pytest.raises(StaleAttempt):
        finish(held, text="again")
    assert row(held.reply).text == "I see."


def test_renewing_keeps_the_partial_text(alice: Somebody) -> None:
    alice.sends()
    held = claim()
    let_the_lease_run_out()
    lease = reply_queue.renew_lease(claim=held, text="I s")
    assert lease.is_ours
    assert not lease.is_stop_requested
    assert recovery.sweep() == ()
    assert (row(held.reply).state, row(held.reply).text) == ("running", "I s")


# --- Trying again -------------------------------------------------------------------


def test_what_a_dead_process_left_is_tried_again(alice: Somebody) -> None:
    alice.sends()
    held = claim()
    reply_queue.renew_lease(claim=held, text="I s")
    assert recovery.sweep() == ()
    let_the_lease_run_out()
    assert recovery.sweep() == ()
    assert (row(held.reply).state, row(held.reply).text) == ("pending", "I s")
    assert claim().attempt == 2


def test_a_second_attempt_reads_only_what_is_missing(alice: Somebody) -> None:
    alice.sends(classifiers=["bert", "roberta"])
    begin(claim())
    let_the_lease_run_out()
    recovery.sweep()
    held = claim()
    assert held.to_classify == ("roberta",)
    assert held.label == "sadness"


def test_a_label_that_is_not_likely_is_not_told(
    alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.prompt.LABEL_TOLD_FROM", 0.95)
    alice.sends(classifiers=["bert"])
    begin(claim())
    let_the_lease_run_out()
    recovery.sweep()
    assert claim().label is None


def test_what_the_person_says_it_is_guides_the_next_reply(alice: Somebody) -> None:
    message = alice.sends(classifiers=["bert"]).message
    begin(held := claim())
    finish(held)
    regenerate(alice, message)
    finish(again := claim())
    correct_emotion(session_key=alice.session_key, message_id=message, label="anger")
    regenerate(alice, message)
    assert (again.label, claim().label) == ("sadness", "anger")


def test_after_five_attempts_it_fails_once(alice: Somebody) -> None:
    alice.sends()
    for attempt in range(1, 6):
        assert claim().attempt == attempt
        let_the_lease_run_out()
        events = recovery.sweep()
    (event,) = events
    assert event.body["reason"] == "error"
    assert event.body["error_code"] == "model_unavailable"
    assert Reply.objects.get().state == "failed"
    assert recovery.sweep() == ()
    assert claim_next() is None


def test_a_refused_reply_waits_before_it_is_tried_again(alice: Somebody) -> None:
    alice.sends()
    recovery.release_reply(claim=claim(), text="", delay_s=60)
    assert Reply.objects.get().state == "pending"
    assert claim_next() is None
    Reply.objects.update(lease_until=Now())
    assert claim().attempt == 2


def test_a_reply_lost_for_the_fifth_time_keeps_its_text(alice: Somebody) -> None:
    alice.sends()
    Reply.objects.update(attempt=4)
    (event,) = recovery.release_reply(claim=claim(), text="I see", delay_s=0)
    assert event.body["text"] == Reply.objects.get().text == "I see"
    assert Reply.objects.get().state == "failed"


# --- Stop ---------------------------------------------------------------------------


def test_a_waiting_reply_stops_at_once(alice: Somebody) -> None:
    accepted = alice.sends()
    (event,) = stop(alice, accepted.reply).events
    assert event.body["type"] == "reply.finished"
    assert event.body["reason"] == "stopped"
    assert row(accepted.reply).state == "stopped"
    assert claim_next() is None


def test_a_running_reply_is_asked_to_stop(alice: Somebody) -> None:
    accepted = alice.sends()
    held = claim()
    assert stop(alice, accepted.reply).events == ()
    lease = reply_queue.renew_lease(claim=held, text="I")
    assert lease.is_stop_requested
    assert finish(held, "stopped", "I").text == "I"


def test_stopping_what_has_ended_changes_nothing(alice: Somebody) -> None:
    accepted = alice.sends()
    finish(claim())
    done = stop(alice, accepted.reply)
    assert done.events == ()
    assert done.reply == accepted.reply
    assert row(accepted.reply).state == "done"


def test_a_stop_is_not_forgotten_when_the_process_dies(alice: Somebody) -> None:
    accepted = alice.sends()
    held = claim()
    reply_queue.renew_lease(claim=held, text="I s")
    stop(alice, accepted.reply)
    let_the_lease_run_out()
    (event,) = recovery.sweep()
    assert (event.body["reason"], event.body["text"]) == ("stopped", "I s")
    assert row(accepted.reply).state == "stopped"


def test_stopping_lets_the_next_one_run(alice: Somebody) -> None:
    first = alice.sends()
    second = alice.sends(conversation_id=first.conversation)
    stop(alice, first.reply)
    assert claim().reply == second.reply


# --- Another reply, and what people say about them ----------------------------------


def test_regenerating_appends_the_next_ordinal(alice: Somebody) -> None:
    accepted = alice.sends()
    finish(claim())
    again = regenerate(alice, accepted.message)
    assert row(again.reply).ordinal == 2
    held = claim()
    assert (held.reply, held.ordinal) == (again.reply, 2)
    assert held.seed != row(accepted.reply).seed
    finish(held)
    assert row(regenerate(alice, accepted.message).reply).ordinal == 3


def test_one_open_reply_a_message(alice: Somebody) -> None:
    accepted = alice.sends()
    with pytest.raises(Conflict):
        regenerate(alice, accepted.message)
    held = claim()
    with pytest.raises(Conflict):
        regenerate(alice, accepted.message)
    finish(held)
    regenerate(alice, accepted.message)
    with pytest.raises(Conflict):
        regenerate(alice, accepted.message)
    assert Reply.objects.count() == 2


def test_regenerating_waits_in_the_same_queue(alice: Somebody) -> None:
    first = alice.sends()
    finish(claim())
    for _ in range(6):
        alice.sends(conversation_id=first.conversation)
    with pytest.raises(ReplyActive):
        regenerate(alice, first.message)


def test_regenerating_counts_as_a_send(alice: Somebody, settings: Settings) -> None:
    settings.EMOCHAT_MESSAGES_PER_MINUTE = settings.EMOCHAT_MESSAGES_BURST = 1
    first = alice.sends()
    finish(claim())
    with pytest.raises(RateLimited):
        regenerate(alice, first.message)
    assert Reply.objects.count() == 1


def test_a_thumb_can_be_given_changed_and_taken_back(alice: Somebody) -> None:
    accepted = alice.sends()

    def judge(value: int) -> list[int]:
        done = give_feedback(
            session_key=alice.session_key, reply_id=accepted.reply, value=value, note=""
        )
        assert done.events[0].body["type"] == "reply.feedback"
        assert done.events[0].body["value"] == value
        assert Message.objects.get().rev == done.seq
        return list(Feedback.objects.values_list("value", flat=True))

    assert [judge(1), judge(-1), judge(0), judge(0)] == [[1], [-1], [], []]


def test_a_correction_is_kept_once(alice: Somebody) -> None:
    accepted = alice.sends()
    for label in ("joy", "love"):
        done = correct_emotion(
            session_key=alice.session_key, message_id=accepted.message, label=label
        )
        assert done.events[0].body["label"] == label
    message = Message.objects.get()
    assert message.corrections.get().label == "love"
    assert message.rev == done.seq == 3


# --- Others' ids --------------------------------------------------------------------


def test_others_ids_are_like_unknown_ones(alice: Somebody, charlie: Somebody) -> None:
    hers = alice.sends()

    def ask(message: UUID, reply: UUID, conversation: UUID) -> list[object]:
        key = charlie.session_key
        calls = [
            lambda: stop(charlie, reply),
            lambda: regenerate(charlie, message),
            lambda: correct_emotion(session_key=key, message_id=message, label="joy"),
            lambda: give_feedback(session_key=key, reply_id=reply, value=1, note=""),
            lambda: conversations.update_conversation(
                session_key=key, conversation_id=conversation, title="Mine"
            ),
            lambda: conversations.delete_conversation(
                session_key=key, conversation_id=conversation
            ),
            lambda: conversations.restore_conversation(
                session_key=key, conversation_id=conversation
            ),
        ]
        answers = []
        for call in calls:
            with pytest.raises(NotFound) as caught:
                call()
            answers.append(caught.value.payload())
        return answers

    theirs = ask(hers.message, hers.reply, hers.conversation)
    assert theirs == ask(uuid.uuid4(), uuid.uuid4(), uuid.uuid4())
    assert Conversation.objects.get().last_seq == 1


# --- Deleting -----------------------------------------------------------------------


def delete(who: Somebody, conversation: UUID) -> None:
    conversations.delete_conversation(
        session_key=who.session_key, conversation_id=conversation
    )


def test_deleting_stops_what_is_on_its_way(alice: Somebody) -> None:
    first = alice.sends()
    second = alice.sends(conversation_id=first.conversation)
    held = claim()
    delete(alice, first.conversation)
    assert reply_queue.renew_lease(claim=held, text="I").is_stop_requested
    recovery.sweep()
    finish(held, "stopped")
    assert row(second.reply).state == "stopped"
    assert claim_next() is None
    with pytest.raises(NotFound):
        stop(alice, first.reply)


def test_what_is_deleted_can_be_restored_for_a_minute(alice: Somebody) -> None:
    accepted = alice.sends()
    finish(claim())
    delete(alice, accepted.conversation)
    assert not Conversation.objects.for_user(alice.user).exists()
    assert conversations.purge_deleted() == 0
    conversations.restore_conversation(
        session_key=alice.session_key, conversation_id=accepted.conversation
    )
    assert Conversation.objects.for_user(alice.user).count() == 1


def test_after_a_minute_it_is_gone_for_good(alice: Somebody, charlie: Somebody) -> None:
    accepted = alice.sends()
    kept = charlie.sends()
    held = claim()
    delete(alice, accepted.conversation)
    Conversation.objects.filter(pk=accepted.conversation).update(
        deleted_at=Now() - timedelta(seconds=61)
    )
    with pytest.raises(NotFound):
        conversations.restore_conversation(
            session_key=alice.session_key, conversation_id=accepted.conversation
        )
    assert conversations.purge_deleted() == 1
    assert Message.objects.get().uuid == kept.message
    with pytest.raises(StaleAttempt):
        finish(held)
    assert not reply_queue.renew_lease(claim=held, text="I").is_ours
