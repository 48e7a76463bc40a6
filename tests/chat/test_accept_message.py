from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session

from chat.errors import (
    ChatError,
    Conflict,
    NotFound,
    Overloaded,
    RateLimited,
    ReplyActive,
    Unauthenticated,
    UnknownClassifier,
)
from chat.models import Conversation, Message, Reply
from chat.services.conversations import delete_conversation
from chat.services.people import set_active
from chat.services.replies import stop_reply

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.chat.cast import Somebody

pytestmark = pytest.mark.django_db


def n_rows() -> tuple[int, int, int]:
    tables = (Conversation.objects, Message.objects, Reply.objects)
    return tuple(table.count() for table in tables)


def test_it_stores_message_and_pending_reply(alice: Somebody) -> None:
    message_id = uuid.uuid4()
    accepted = alice.sends("I miss her.", message_id=message_id)
    message = Message.objects.get()
    reply = Reply.objects.get()
    assert (message.uuid, message.text, message.seq) == (message_id, "I miss her.", 1)
    assert message.classifiers == ["bert"]
    assert (reply.message, reply.state, reply.ordinal) == (message, "pending", 1)
    assert message.conversation.last_seq == 1
    assert message.conversation.user == alice.user
    assert (accepted.reply, accepted.seq) == (reply.pk, 1)
    assert not accepted.is_duplicate


def test_it_tells_the_watchers(alice: Somebody) -> None:
    events = alice.sends("I miss her.").events
    kinds = [event.body["type"] for event in events]
    assert kinds == ["message.created", "conversation.updated"]
    assert events[0].body["seq"] == 1
    assert events[0].body["message"]["text"] == "I miss her."
    assert "seq" not in events[1].body


def test_the_first_line_becomes_the_title(alice: Somebody) -> None:
    alice.sends("Dear  you,\nthis is a letter.")
    assert Conversation.objects.get().title == "Dear you,"


def test_a_long_title_is_cut_at_a_word(alice: Somebody) -> None:
    alice.sends("word " * 30)
    title = Conversation.objects.get().title
    assert len(title) <= 80
    assert title.endswith("word…")


def test_a_title_without_spaces_is_cut_too(alice: Somebody) -> None:
    alice.sends("x" * 4_000)
    assert Conversation.objects.get().title == "x" * 79 + "…"


def test_a_choice_of_classifiers_stays_with_the_conversation(alice: Somebody) -> None:
    first = alice.sends(classifiers=["roberta", "bert", "roberta"])
    second = alice.sends(conversation_id=first.conversation)
    assert Conversation.objects.get().classifiers == ["roberta", "bert"]
    chosen = list(Message.objects.values_list("classifiers", flat=True))
    assert chosen == [["roberta", "bert"]] * 2
    assert second.seq == first.seq + 1


def test_a_new_choice_is_an_event_of_its_own(alice: Somebody) -> None:
    first = alice.sends()
    second = alice.sends(conversation_id=first.conversation, classifiers=["roberta"])
    kinds = [(event.body["type"], event.body["seq"]) for event in second.events]
    assert kinds == [("message.created", 2), ("conversation.updated", 3)]
    third = alice.sends(conversation_id=first.conversation)
    assert third.seq == 4


# --- The same message again ---------------------------------------------------------


def test_a_resend_returns_the_stored_ack(alice: Somebody) -> None:
    sent = {"message_id": uuid.uuid4(), "text": "Hello"}
    first = alice.sends(**sent)
    again = alice.sends(**sent, conversation_id=first.conversation)
    assert again.is_duplicate
    assert not again.events
    for name in ("conversation", "message", "reply", "seq"):
        assert getattr(again, name) == getattr(first, name)
    assert n_rows() == (1, 1, 1)


def test_a_resend_after_a_lost_ack_finds_the_new_conversation(alice: Somebody) -> None:
    sent = {"message_id": uuid.uuid4(), "text": "Hello"}
    first, again = alice.sends(**sent), alice.sends(**sent)
    assert again.conversation == first.conversation
    assert n_rows() == (1, 1, 1)


def test_a_resend_much_later_names_the_first_reply(alice: Somebody) -> None:
    sent = {"message_id": uuid.uuid4(), "text": "Hello"}
    first = alice.sends(**sent)
    stop_reply(session_key=alice.session_key, reply_id=first.reply)
    alice.sends("Something else", conversation_id=first.conversation)
    assert alice.sends(**sent).reply == first.reply


def test_the_same_id_with_another_text_is_a_conflict(alice: Somebody) -> None:
    message_id = uuid.uuid4()
    alice.sends("Hello", message_id=message_id)
    with pytest.raises(Conflict) as caught:
        alice.sends("Hello!", message_id=message_id)
    assert caught.value.code == "conflict"
    assert n_rows() == (1, 1, 1)
    assert Message.objects.get().text == "Hello"


def test_two_people_may_use_one_id(alice: Somebody, charlie: Somebody) -> None:
    message_id = uuid.uuid4()
    hers = alice.sends("Hers", message_id=message_id)
    his = charlie.sends("His", message_id=message_id)
    assert not his.is_duplicate
    assert hers.conversation != his.conversation
    assert n_rows() == (2, 2, 2)


# --- Refusals store nothing ---------------------------------------------------------


def refused(who: Somebody, **fields: object) -> ChatError:
    before = n_rows()
    sends_full_at = type(who.user).objects.get(pk=who.user.pk).sends_full_at
    with pytest.raises(ChatError) as caught:
        who.sends(**fields)
    assert n_rows() == before
    who.user.refresh_from_db()
    assert who.user.sends_full_at == sends_full_at
    return caught.value


def test_an_unknown_classifier_stores_nothing(alice: Somebody) -> None:
    for names in ([], ["electra"], ["bert", "oracle"], list("abcdef")):
        assert isinstance(refused(alice, classifiers=names), UnknownClassifier)


def test_an_engine_without_room_stores_nothing(alice: Somebody) -> None:
    def full() -> None:
        raise Overloaded(retry_after_s=2.5)

    error = refused(alice, check_admission=full)
    assert error.payload()["retry_after"] == 2.5
    assert error.payload()["retryable"] is True


def test_a_resend_is_answered_though_the_engine_has_no_room(alice: Somebody) -> None:
    def full() -> None:
        raise Overloaded

    sent = {"message_id": uuid.uuid4(), "text": "Hello"}
    alice.sends(**sent)
    assert alice.sends(**sent, check_admission=full).is_duplicate


def test_a_sixth_waiting_message_is_refused(alice: Somebody) -> None:
    first = alice.sends()
    Reply.objects.update(state="running")
    for _ in range(5):
        alice.sends(conversation_id=first.conversation)
    error = refused(alice, conversation_id=first.conversation)
    assert isinstance(error, ReplyActive)
    assert error.code == "reply_active"
    alice.sends("Elsewhere there is room.")


def test_what_is_somebody_elses_is_not_found(
    alice: Somebody, charlie: Somebody
) -> None:
    hers = alice.sends().conversation
    theirs = refused(charlie, conversation_id=hers)
    unknown = refused(charlie, conversation_id=uuid.uuid4())
    assert isinstance(theirs, NotFound)
    assert theirs.payload() == unknown.payload()


def test_a_deleted_conversation_is_not_found(alice: Somebody) -> None:
    conversation = alice.sends().conversation
    delete_conversation(session_key=alice.session_key, conversation_id=conversation)
    assert isinstance(refused(alice, conversation_id=conversation), NotFound)


def test_a_session_that_ended_is_refused(alice: Somebody) -> None:
    Session.objects.all().delete()
    assert isinstance(refused(alice), Unauthenticated)


@pytest.mark.parametrize("key", [None, "", "nonsense", "k" * 500, "k\x00" * 16])
def test_no_session_is_refused(alice: Somebody, key: str | None) -> None:
    assert isinstance(refused(alice, session_key=key), Unauthenticated)


def test_an_expired_session_is_refused(alice: Somebody) -> None:
    Session.objects.update(expire_date="2020-01-01T00:00:00Z")
    assert isinstance(refused(alice), Unauthenticated)


def test_a_new_password_ends_older_sessions(alice: Somebody) -> None:
    alice.user.set_password("another one")
    alice.user.save()
    assert isinstance(refused(alice), Unauthenticated)


def test_somebody_locked_out_is_refused(alice: Somebody) -> None:
    set_active(user=alice.user, is_active=False)
    assert isinstance(refused(alice), Unauthenticated)


# --- How often ----------------------------------------------------------------------


@pytest.fixture
def slow_quota(settings: Settings) -> None:
    settings.EMOCHAT_MESSAGES_PER_MINUTE = 1
    settings.EMOCHAT_MESSAGES_BURST = 3


@pytest.mark.usefixtures("slow_quota")
def test_after_a_burst_people_must_wait(alice: Somebody, charlie: Somebody) -> None:
    for _ in range(3):
        alice.sends()
    error = refused(alice)
    assert isinstance(error, RateLimited)
    assert error.status == 429
    assert 50 < error.payload()["retry_after"] <= 60
    assert not charlie.sends().is_duplicate


@pytest.mark.usefixtures("slow_quota")
def test_resends_are_free(alice: Somebody) -> None:
    sent = {"message_id": uuid.uuid4(), "text": "Hello"}
    alice.sends(**sent)
    for _ in range(10):
        assert alice.sends(**sent).is_duplicate
    alice.sends()
    alice.sends()
    assert isinstance(refused(alice), RateLimited)
    assert alice.sends(**sent).is_duplicate


@pytest.mark.usefixtures("slow_quota")
def test_what_is_refused_does_not_count(alice: Somebody) -> None:
    for _ in range(5):
        refused(alice, conversation_id=uuid.uuid4())
    for _ in range(3):
        alice.sends()


def test_the_bucket_fills_again(alice: Somebody, settings: Settings) -> None:
    settings.EMOCHAT_MESSAGES_PER_MINUTE = 60_000
    settings.EMOCHAT_MESSAGES_BURST = 1
    for _ in range(5):  # each takes longer than the millisecond that a send costs
        alice.sends()
