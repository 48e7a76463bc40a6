from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from chat.errors import NotFound
from chat.models import Conversation, Message, Reply
from chat.services import reply_queue
from chat.services.messages import correct_emotion
from chat.services.reply_queue import Ending
from chat.snapshots import MAX_BEHIND, N_TURNS, read_snapshot
from tests.chat.cast import claim_next

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

    from chat.services.messages import Accepted
    from tests.chat.cast import Somebody

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_quota(settings: Settings) -> None:
    settings.EMOCHAT_MESSAGES_PER_MINUTE = 60_000
    settings.EMOCHAT_MESSAGES_BURST = 1_000


def read(who: Somebody, accepted: Accepted, after: int | None = None) -> dict:
    return read_snapshot(
        user=who.user, conversation_id=accepted.conversation, after=after
    )


def answer(text: str = "I see.") -> None:
    claim = claim_next()
    assert claim is not None
    reply_queue.finish_reply(claim=claim, ending=Ending("stop", text))


def test_a_newcomer_gets_everything(alice: Somebody) -> None:
    accepted = alice.sends("I miss her.")
    answer()
    body = read(alice, accepted)
    assert body["reset"] is True
    assert body["seq"] == 2
    assert body["conversation"]["title"] == "I miss her."
    (turn,) = body["messages"]
    assert (turn["seq"], turn["rev"], turn["text"]) == (1, 2, "I miss her.")
    (reply,) = turn["replies"]
    assert (reply["state"], reply["reason"], reply["text"]) == (
        "done",
        "stop",
        "I see.",
    )
    assert "live" not in body


def test_a_reader_gets_what_changed(alice: Somebody) -> None:
    first = alice.sends("one")
    answer()
    second = alice.sends("two", conversation_id=first.conversation)
    answer()
    assert [turn["seq"] for turn in read(alice, first, after=2)["messages"]] == [3]
    correct_emotion(
        session_key=alice.session_key, message_id=first.message, label="joy"
    )
    body = read(alice, second, after=4)
    assert "reset" not in body
    (turn,) = body["messages"]
    assert (turn["seq"], turn["rev"], turn["correction"]) == (1, 5, "joy")
    assert read(alice, first, after=5)["messages"] == []


def test_a_reader_from_the_future_starts_anew(alice: Somebody) -> None:
    assert read(alice, alice.sends(), after=99)["reset"] is True


def test_who_is_too_far_behind_starts_anew(alice: Somebody) -> None:
    accepted = alice.sends()
    for n in range(60):
        Reply.objects.filter(state="pending").update(state="done", finish_reason="stop")
        alice.sends(f"message {n}", conversation_id=accepted.conversation)
    Conversation.objects.update(last_seq=MAX_BEHIND + 10)
    assert len(read(alice, accepted, after=10)["messages"]) == 51
    body = read(alice, accepted, after=9)
    assert body["reset"] is True
    assert [turn["seq"] for turn in body["messages"]] == list(range(12, 62))
    assert len(body["messages"]) == N_TURNS


def test_it_shows_the_text_of_a_running_reply(alice: Somebody) -> None:
    accepted = alice.sends()
    claim = claim_next()
    assert claim is not None
    reply_queue.renew_lease(claim=claim, text="I s")
    live = read(alice, accepted, after=1)["live"]
    assert live == {
        "reply": str(accepted.reply),
        "message": str(accepted.message),
        "attempt": 1,
        "text": "I s",
    }


def test_it_is_the_owners_only(alice: Somebody, charlie: Somebody) -> None:
    accepted = alice.sends()
    with pytest.raises(NotFound) as theirs:
        read(charlie, accepted)
    with pytest.raises(NotFound) as unknown:
        read_snapshot(user=charlie.user, conversation_id=uuid.uuid4())
    assert theirs.value.payload() == unknown.value.payload()


def test_a_long_thread_costs_no_more_queries(
    alice: Somebody, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    accepted = alice.sends()
    for n in range(10):
        Reply.objects.filter(state="pending").update(state="done", finish_reason="stop")
        alice.sends(f"message {n}", conversation_id=accepted.conversation)
    with django_assert_max_num_queries(9):  # with begin and end of the transaction
        assert len(read(alice, accepted)["messages"]) == 11
    assert Message.objects.count() == 11
