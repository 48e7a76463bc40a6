"""What must hold when several processes, or threads, do the same at once."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from chat.errors import RateLimited, ReplyActive
from chat.models import Conversation, Message, Reply
from chat.services.messages import Accepted, correct_emotion
from chat.services.replies import regenerate_reply
from tests.chat.cast import claim_next, in_parallel

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.chat.cast import Somebody

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_id_sent_at_once_is_stored_once(alice: Somebody) -> None:
    sent = {"message_id": uuid.uuid4(), "text": "Hello"}
    acks = in_parallel(24, lambda _: alice.sends(**sent))
    assert {(a.conversation, a.message, a.reply, a.seq) for a in acks} == {
        (acks[0].conversation, acks[0].message, acks[0].reply, 1)
    }
    assert sum(not ack.is_duplicate for ack in acks) == 1
    assert Message.objects.count() == Reply.objects.count() == 1
    assert Conversation.objects.count() == 1


def test_the_quota_is_not_overrun(alice: Somebody, settings: Settings) -> None:
    settings.EMOCHAT_MESSAGES_PER_MINUTE = 1
    settings.EMOCHAT_MESSAGES_BURST = 4
    results = in_parallel(24, lambda _: alice.sends())
    assert sum(isinstance(result, Accepted) for result in results) == 4
    assert sum(isinstance(result, RateLimited) for result in results) == 20


def test_seqs_have_no_gap(alice: Somebody, settings: Settings) -> None:
    settings.EMOCHAT_MESSAGES_PER_MINUTE = 6_000
    settings.EMOCHAT_MESSAGES_BURST = 100
    first = alice.sends()

    def change(number: int) -> int:
        if number % 2:
            return correct_emotion(
                session_key=alice.session_key, message_id=first.message, label="joy"
            ).seq
        return alice.sends(conversation_id=first.conversation).seq

    results = in_parallel(20, change)
    stored = [seq for seq in results if not isinstance(seq, ReplyActive)]
    assert all(isinstance(seq, int) for seq in stored)
    n_events = len(stored)
    assert sorted(stored) == list(range(2, n_events + 2))
    assert Conversation.objects.get().last_seq == n_events + 1
    assert Reply.objects.count() == 6  # the first and five that wait: no more


def test_each_reply_is_claimed_once(alice: Somebody) -> None:
    sent = [alice.sends(f"Message {n}") for n in range(6)]
    claims = [claim for claim in in_parallel(18, lambda _: claim_next()) if claim]
    while claim := claim_next():
        claims.append(claim)
    assert sorted(claim.reply for claim in claims) == sorted(a.reply for a in sent)


def test_one_reply_a_conversation_is_claimed(alice: Somebody) -> None:
    first = alice.sends()
    for _ in range(4):
        alice.sends(conversation_id=first.conversation)
    claims = [claim for claim in in_parallel(12, lambda _: claim_next()) if claim]
    assert [claim.reply for claim in claims] == [first.reply]


def test_one_regenerate_wins(alice: Somebody) -> None:
    accepted = alice.sends()
    Reply.objects.update(state="done", finish_reason="stop")
    results = in_parallel(
        8,
        lambda _: regenerate_reply(
            session_key=alice.session_key,
            message_id=accepted.message,
            check_admission=lambda: None,
        ),
    )
    codes = [getattr(result, "code", "ok") for result in results]
    assert sorted(codes) == ["conflict"] * 7 + ["ok"]
    assert Reply.objects.count() == 2
