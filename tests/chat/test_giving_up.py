"""Replies that wait for an engine which does not come back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models.functions import Now

from chat.models import Reply
from chat.services import recovery
from tests.chat.cast import claim_next

if TYPE_CHECKING:
    from tests.chat.cast import Somebody

pytestmark = pytest.mark.django_db


def wait(seconds: float) -> None:
    """Let that much time have gone by for every reply that waits."""
    Reply.objects.update(created_at=Now() - timedelta(seconds=seconds))


def test_what_could_have_started_long_ago_ends(alice: Somebody) -> None:
    alice.sends()
    assert recovery.give_up(waited_s=120) == ()
    wait(121)
    (event,) = recovery.give_up(waited_s=120)
    assert (event.body["type"], event.body["reason"]) == ("reply.finished", "error")
    assert event.body["error_code"] == "model_unavailable"
    assert Reply.objects.get().state == "failed"
    assert recovery.give_up(waited_s=120) == ()


def test_what_was_read_of_it_is_kept(alice: Somebody) -> None:
    alice.sends()
    claim = claim_next()
    assert claim is not None
    recovery.release_reply(claim=claim, text="I s", delay_s=-121)
    wait(300)
    (event,) = recovery.give_up(waited_s=120)
    assert event.body["text"] == Reply.objects.get().text == "I s"


def test_what_was_put_back_just_now_may_wait(alice: Somebody) -> None:
    alice.sends()
    claim = claim_next()
    assert claim is not None
    recovery.release_reply(claim=claim, text="", delay_s=-1)
    wait(300)
    assert recovery.give_up(waited_s=120) == ()


def test_what_waits_behind_another_ends_after_it(alice: Somebody) -> None:
    first = alice.sends()
    alice.sends(conversation_id=first.conversation)
    wait(121)
    assert len(recovery.give_up(waited_s=120)) == 1
    assert len(recovery.give_up(waited_s=120)) == 1
    assert set(Reply.objects.values_list("state", flat=True)) == {"failed"}


def test_what_runs_is_left_alone(alice: Somebody) -> None:
    alice.sends()
    assert claim_next()
    wait(121)
    assert recovery.give_up(waited_s=120) == ()
