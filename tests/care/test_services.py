"""What is kept when a message speaks of danger, and what the next ones get."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from chat.errors import NotFound, Overloaded
from chat.events import turn_body
from chat.models import Conversation, Message, Reply, SafetyEvent
from chat.services import care
from chat.services.replies import regenerate_reply, stop_reply
from tests.chat.cast import claim_next

if TYPE_CHECKING:
    from tests.chat.cast import Somebody

pytestmark = pytest.mark.django_db

DANGER = "I want to kill myself"


def generator(accepted) -> str:
    return Reply.objects.get(pk=accepted.reply).generator


def refuse() -> None:
    raise Overloaded(retry_after_s=2.0)


def test_what_was_found_is_kept_without_a_word_of_it(alice: Somebody) -> None:
    accepted = alice.sends(DANGER)
    event = SafetyEvent.objects.get()
    assert event.conversation == accepted.conversation
    assert event.message == accepted.message
    assert (event.kind, event.rules) == ("suicide", "rules-3")
    texts = [
        f.name for f in SafetyEvent._meta.fields if f.get_internal_type() == "TextField"
    ]
    assert texts == []
    assert generator(accepted) == "care:suicide"


def test_the_message_is_stored_like_any_other(alice: Somebody) -> None:
    accepted = alice.sends(DANGER)
    assert Message.objects.get(uuid=accepted.message).text == DANGER


def test_the_event_says_care_before_anything_is_written(alice: Somebody) -> None:
    created = alice.sends(DANGER).events[0].body
    assert created["message"]["replies"][0]["care"] == "suicide"
    harmless = alice.sends("I feel fine.").events[0].body
    assert "care" not in harmless["message"]["replies"][0]


def test_a_resend_is_counted_once(alice: Somebody) -> None:
    message_id = uuid.uuid4()
    first = alice.sends(DANGER, message_id=message_id)
    again = alice.sends(DANGER, message_id=message_id)
    assert again.is_duplicate
    assert again.reply == first.reply
    assert SafetyEvent.objects.count() == 1


def test_danger_is_accepted_where_there_is_no_room(alice: Somebody) -> None:
    assert alice.sends(DANGER, check_admission=refuse)
    with pytest.raises(Overloaded):
        alice.sends("I feel fine.", check_admission=refuse)


def test_the_next_three_messages_are_not_for_the_model(alice: Somebody) -> None:
    conversation = alice.sends(DANGER).conversation
    said = [alice.sends("it hurts", conversation_id=conversation) for _ in range(4)]
    assert [generator(one) for one in said] == ["care:follow_up"] * 3 + [""]


def test_another_conversation_is_another_matter(alice: Somebody) -> None:
    alice.sends(DANGER)
    assert generator(alice.sends("it hurts")) == ""


def test_a_denial_lowers_it(alice: Somebody) -> None:
    conversation = alice.sends(DANGER).conversation
    assert generator(alice.sends("I'm okay now", conversation_id=conversation)) == (
        "care:lowered"
    )
    assert generator(alice.sends("it hurts", conversation_id=conversation)) == ""
    kinds = list(SafetyEvent.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == ["suicide", "safe"]


def test_saying_safe_on_the_card_lowers_it_once(alice: Somebody) -> None:
    conversation = alice.sends(DANGER).conversation
    for _ in range(3):
        care.say_safe(session_key=alice.session_key, conversation_id=conversation)
    assert SafetyEvent.objects.filter(kind="safe").count() == 1
    assert generator(alice.sends("it hurts", conversation_id=conversation)) == ""


def test_saying_safe_where_nothing_was_noticed_keeps_nothing(alice: Somebody) -> None:
    conversation = alice.sends("hello").conversation
    care.say_safe(session_key=alice.session_key, conversation_id=conversation)
    assert not SafetyEvent.objects.exists()


def test_nobody_speaks_for_somebody_else(alice: Somebody, charlie: Somebody) -> None:
    conversation = alice.sends(DANGER).conversation
    with pytest.raises(NotFound):
        care.say_safe(session_key=charlie.session_key, conversation_id=conversation)


def test_the_record_outlives_the_conversation(alice: Somebody) -> None:
    Conversation.objects.filter(pk=alice.sends(DANGER).conversation).delete()
    assert SafetyEvent.objects.count() == 1


def test_asking_what_it_is_gets_a_fixed_answer(alice: Somebody) -> None:
    assert generator(alice.sends("Are you human?")) == "fixed:program"
    assert not SafetyEvent.objects.exists()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [(DANGER, "care:suicide"), ("are you a bot?", "fixed:program"), ("hello", "")],
)
def test_another_reply_is_never_the_model_s_where_the_first_was_not(
    alice: Somebody, text: str, wanted: str
) -> None:
    accepted = alice.sends(text)
    stop_reply(session_key=alice.session_key, reply_id=accepted.reply)
    again = regenerate_reply(
        session_key=alice.session_key,
        message_id=accepted.message,
        check_admission=lambda: None,
    )
    assert Reply.objects.get(pk=again.reply).generator == wanted


def test_only_what_is_fixed_is_claimed_without_an_engine(alice: Somebody) -> None:
    alice.sends("I feel fine.")
    urgent = alice.sends(DANGER)
    claim = claim_next(fixed_only=True)
    assert claim is not None
    assert (claim.reply, claim.generator) == (urgent.reply, "care:suicide")
    assert claim_next(fixed_only=True) is None


def test_the_model_reads_nothing_that_care_answered(alice: Somebody) -> None:
    accepted = alice.sends(DANGER)
    Reply.objects.filter(pk=accepted.reply).update(state="done", text="Call somebody.")
    care.say_safe(session_key=alice.session_key, conversation_id=accepted.conversation)
    alice.sends("I slept well.", conversation_id=accepted.conversation)
    claim = claim_next()
    assert claim is not None
    assert claim.generator == ""
    assert claim.history == ()


def test_a_reply_that_the_model_wrote_carries_no_care(alice: Somebody) -> None:
    accepted = alice.sends("hello")
    Reply.objects.filter(pk=accepted.reply).update(generator="t5 of today")
    body = turn_body(Message.objects.with_turn().get(uuid=accepted.message))
    assert "care" not in body["replies"][0]
