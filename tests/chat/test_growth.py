"""What a conversation's length must not change: how many queries its use takes.

How long they take is measured by `benchmarks.growth`; nothing here is timed.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.history import add_conversation, settle
from chat.history import read_earlier
from chat.models import Classification, Message, Reply
from chat.services import reply_queue
from chat.services.reply_queue import Ending
from chat.services.said import MAX_HEARD, said_before
from chat.snapshots import N_TURNS, read_snapshot
from inference.types import Classified
from tests.chat.cast import claim_next
from tests.faults.invariants import in_database

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.chat.cast import Somebody

pytestmark = pytest.mark.django_db

SHORT, LONG = N_TURNS, 20 * N_TURNS
READ = Classified("", "fear", {"anger": 0.1, "fear": 0.9}, "v1", 20)


def talk(who: Somebody, n_messages: int) -> uuid.UUID:
    with connection.cursor() as cursor:
        made = add_conversation(cursor, who.user.pk, n_messages)
        settle(cursor)
    return uuid.UUID(made)


def n_queries(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)


def test_history_is_as_the_product_leaves_it(alice: Somebody) -> None:
    conversation = talk(alice, 12)
    assert Message.objects.filter(conversation=conversation).count() == 12
    assert Reply.objects.filter(conversation=conversation).count() == 12
    assert Classification.objects.count() == 12
    assert in_database(connection.cursor()) == []


def test_opening_takes_as_many_queries(alice: Somebody) -> None:
    def opened(conversation: uuid.UUID) -> int:
        return n_queries(
            lambda: read_snapshot(user=alice.user, conversation_id=conversation)
        )

    assert opened(talk(alice, SHORT)) == opened(talk(alice, LONG))


def test_opening_reads_no_more_turns(alice: Somebody) -> None:
    body = read_snapshot(user=alice.user, conversation_id=talk(alice, LONG))
    assert len(body["messages"]) == N_TURNS


def test_reading_what_came_before_takes_as_many_queries(alice: Somebody) -> None:
    def scrolled_up(conversation: uuid.UUID, before: int) -> int:
        return n_queries(
            lambda: read_earlier(
                user=alice.user, conversation_id=conversation, before=before
            )
        )

    short, long = talk(alice, SHORT), talk(alice, LONG)
    assert scrolled_up(short, 4 * SHORT) == scrolled_up(long, 4 * LONG)


def test_the_page_takes_as_many_queries(alice: Somebody, client: Client) -> None:
    client.force_login(alice.user)
    paths = [f"/c/{talk(alice, n)}/" for n in (SHORT, LONG)]
    client.get(paths[0])  # what is asked once a process is asked now
    assert n_queries(lambda: client.get(paths[0])) == n_queries(
        lambda: client.get(paths[1])
    )


def test_a_turn_takes_as_many_queries(alice: Somebody) -> None:
    """From the send to the stored reply."""

    def turn(conversation: uuid.UUID) -> None:
        alice.sends(conversation_id=conversation)
        claim = claim_next()
        assert claim is not None
        reply_queue.begin_reply(
            claim=claim, classified=(READ,), names=("bert",), generator="t5"
        )
        reply_queue.finish_reply(claim=claim, ending=Ending("stop", "I see."))

    turn(talk(alice, 1))
    short, long = (talk(alice, n) for n in (SHORT, LONG))
    assert n_queries(lambda: turn(short)) == n_queries(lambda: turn(long))


def test_what_the_model_is_told_stays_short(alice: Somebody) -> None:
    alice.sends(conversation_id=talk(alice, LONG))
    claim = claim_next()
    assert claim is not None
    assert len(claim.history) <= 4
    assert len(claim.heard) <= 24


def rows_read(call: Callable[[], object]) -> int:
    """Run what `call` asked again and return how many rows the scans went through."""
    with CaptureQueriesContext(connection) as queries:
        call()
    asked = [q["sql"] for q in queries if q["sql"].startswith("SELECT")]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # tables here are small
        plans = []
        for sql in asked:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            plans.append(cursor.fetchone()[0][0]["Plan"])
    return round(sum(_scanned(plan) for plan in plans))


def _scanned(plan: dict[str, Any]) -> float:
    below = sum(_scanned(part) for part in plan.get("Plans", ()))
    if not plan["Node Type"].endswith("Scan"):
        return below
    rows = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return below + rows * plan["Actual Loops"]


def test_what_was_said_before_is_found_without_reading_it_all(alice: Somebody) -> None:
    def read(n_messages: int) -> int:
        replies = Reply.objects.filter(conversation=talk(alice, n_messages))
        last = replies.select_related("message").latest("queued_seq")
        return rows_read(lambda: said_before(last))

    talk(alice, 5 * LONG)  # a small table would rightly be read whole
    assert read(LONG) <= read(SHORT) + MAX_HEARD
