"""Reading is recorded before it happens, and the record stays as it is."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from chat.errors import NotFound
from chat.models import AccessRecord, SearchRecord
from chat.services import access
from tests.review.rows import make_conversation, make_message

WHY = "a complaint about a reply"


@pytest.fixture
def record(alice, bob) -> AccessRecord:
    conversation = make_conversation(alice)
    access.open_conversation(staff=bob, conversation_id=conversation.pk, reason=WHY)
    access.record_search(staff=bob, words="train")
    return AccessRecord.objects.get()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE chat_accessrecord SET reason = 'x'",
        "DELETE FROM chat_accessrecord",
        "UPDATE chat_searchrecord SET staff = '0'",
        "DELETE FROM chat_searchrecord",
    ],
)
def test_the_database_refuses_to_change_a_record(record, statement):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    record.refresh_from_db()
    assert record.reason == WHY
    assert SearchRecord.objects.count() == 1


def test_a_person_can_be_deleted_although_staff_read(record, alice, bob):
    alice.delete()
    bob.delete()
    assert AccessRecord.objects.get().conversation == record.conversation


@pytest.mark.parametrize("reason", ["", "   ", "why", "\x00\x00\x00\x00\x00\x00"])
def test_a_reason_is_needed(alice, bob, reason):
    conversation = make_conversation(alice)
    with pytest.raises(access.ReasonNeeded):
        access.open_conversation(
            staff=bob, conversation_id=conversation.pk, reason=reason
        )
    assert not AccessRecord.objects.exists()


def test_what_its_person_deleted_is_not_there(alice, bob):
    conversation = make_conversation(alice)
    conversation.deleted_at = conversation.created_at
    conversation.save()
    with pytest.raises(NotFound):
        access.open_conversation(staff=bob, conversation_id=conversation.pk, reason=WHY)
    assert not AccessRecord.objects.exists()


def test_a_reason_is_remembered_for_its_staff_and_conversation(alice, bob, dora):
    one, other = make_conversation(alice), make_conversation(alice)
    access.open_conversation(staff=bob, conversation_id=one.pk, reason=WHY)
    assert access.last_reason(bob, one.pk) == WHY
    assert access.last_reason(bob, other.pk) == ""
    assert access.last_reason(dora, one.pk) == ""


def test_searched_words_are_not_kept_but_can_be_tested(alice, bob):
    make_message(make_conversation(alice), "my secret garden")
    access.record_search(staff=bob, words="Secret  garden")
    kept = SearchRecord.objects.get()
    assert "secret" not in str(vars(kept)).lower()
    assert kept.digest == access.search_digest("secret garden")
    assert kept.digest != access.search_digest("secret")
