"""The invariants notice what they are there for: a check that cannot fail is none."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from chat.models import Conversation, Message, Reply
from chat.services import reply_queue
from chat.services.reply_queue import Ending
from inference.types import Classified
from tests.chat.cast import claim_next, make_somebody
from tests.faults.invariants import in_database, in_log
from tests.faults.shown import ShownConversation

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=5)


def broken(acked=()):
    """Which invariants the database breaks."""
    with connection.cursor() as cursor:
        return sorted({line[:2] for line in in_database(cursor, acked)})


@pytest.fixture
def accepted(monkeypatch):
    monkeypatch.setattr("chat.classifiers.default", lambda user=None: ["bert"])
    return make_somebody("Alice").sends()


@pytest.fixture
def answered(accepted):
    claim = claim_next()
    scores = Classified("r", "joy", {"joy": 1.0}, "v1", 3)
    reply_queue.begin_reply(
        claim=claim, classified=(scores,), names=("bert",), generator="g"
    )
    reply_queue.finish_reply(claim=claim, ending=Ending("stop", "I see."))
    return accepted


def test_a_turn_that_went_well_breaks_none(answered):
    assert broken([answered.message]) == []


def test_an_acked_message_that_is_not_there(answered):
    assert broken([answered.message, uuid.uuid4()]) == ["I1"]


def test_a_reply_that_runs_for_ever(accepted):
    claim = claim_next()
    past = timezone.now() - LONG_AGO
    running = Reply.objects.filter(pk=claim.reply)
    running.update(deadline_at=past)
    assert broken() == []
    running.update(lease_until=past)
    assert broken() == ["I2"]


def test_a_reply_that_is_never_claimed(accepted):
    assert broken() == []
    past = timezone.now() - LONG_AGO
    Reply.objects.update(created_at=past)
    Conversation.objects.update(updated_at=past)
    assert broken() == ["I2"]


def test_a_message_without_a_reply(answered):
    Reply.objects.all().delete()
    assert broken() == ["I3", "I4"]


def test_an_ended_reply_that_does_not_say_how(answered):
    Reply.objects.update(finish_reason="")
    assert "I3" in broken()


@pytest.mark.parametrize("off_by", [-1, 1])
def test_a_seq_that_was_lost_or_given_twice(answered, off_by):
    assert Conversation.objects.get().last_seq == 4
    Conversation.objects.update(last_seq=4 + off_by)
    assert "I4" in broken()


def test_a_rev_that_two_turns_share(answered):
    first = Message.objects.get()
    Message.objects.create(
        uuid=uuid.uuid4(),
        user=first.user,
        conversation=first.conversation,
        seq=first.rev + 1,
        rev=first.rev,
        text="x",
        classifiers=[],
    )
    assert "I4" in broken()


def test_a_log_with_what_somebody_wrote():
    assert in_log("INFO all is well") == []
    assert in_log("INFO said CANARY-12ab")[0].startswith("I6")
    assert in_log("Traceback (most recent call last):\n") == ["1 tracebacks in the log"]


def delta(offset, text, attempt=1):
    return {
        "type": "reply.delta",
        "reply": "r",
        "attempt": attempt,
        "offset": offset,
        "text": text,
    }


def started(seq, attempt):
    return {"type": "reply.started", "reply": "r", "attempt": attempt, "seq": seq}


def finished(seq, text, reason="stop"):
    return {
        "type": "reply.finished",
        "reply": "r",
        "seq": seq,
        "text": text,
        "reason": reason,
    }


@pytest.mark.parametrize(
    ("frames", "complaint"),
    [
        (
            [started(1, 1), delta(0, "I "), delta(2, "see."), finished(2, "I see.")],
            None,
        ),
        (
            [started(1, 1), delta(0, "I "), delta(1, " see."), finished(2, "I see.")],
            None,
        ),
        ([started(1, 1), delta(0, "I"), started(2, 2), finished(3, "You")], None),
        ([started(1, 1), delta(0, "I see"), finished(2, "I", "error")], None),
        ([started(1, 1), started(3, 2)], "I4"),
        ([started(1, 1), started(1, 2)], "I4"),
        ([started(1, 1), delta(0, "I "), delta(1, "-see.")], "I5"),
        ([started(1, 1), delta(0, "I see"), finished(2, "You")], "I5"),
        ([started(1, 1), finished(2, "I"), finished(3, "I")], "I3"),
        ([started(1, 1), finished(2, "I"), started(3, 2)], "I3"),
    ],
)
def test_a_page_complains_of_what_it_must_not_be_told(frames, complaint):
    shown = ShownConversation()
    for frame in frames:
        shown.apply(frame)
    assert {said[:2] for said in shown.complaints} == ({complaint} - {None})
    assert not shown.must_heal


def test_a_page_heals_a_gap_from_a_snapshot():
    shown = ShownConversation()
    for frame in (started(1, 1), delta(0, "I "), delta(4, "e.")):
        shown.apply(frame)
    assert shown.must_heal
    live = {"reply": "r", "attempt": 1, "text": "I see."}
    shown.apply_snapshot({"seq": 1, "messages": [], "live": live})
    assert (shown.replies["r"].text, shown.must_heal) == ("I see.", False)


def test_deltas_that_were_on_their_way_when_a_snapshot_was_read_change_nothing():
    """The snapshot's text may be several of them ahead; what they say must be in it."""
    shown = ShownConversation()
    shown.apply(started(1, 1))
    live = {"reply": "r", "attempt": 1, "text": "I see you."}
    shown.apply_snapshot({"seq": 1, "messages": [], "live": live})
    for frame in (delta(1, " see"), delta(5, " you"), delta(9, ". Go on")):
        shown.apply(frame)
    assert (shown.replies["r"].text, shown.complaints) == ("I see you. Go on", [])
    shown.apply(delta(1, " saw"))
    assert [said[:2] for said in shown.complaints] == ["I5"]
