"""Exported sets hold what people allowed, and forget those who leave."""

from __future__ import annotations

import hashlib
import json

import pytest

from chat.models import AccessRecord, Review
from chat.services import conversations, ranking, reviewed_sets
from chat.services.access import ReasonNeeded
from chat.services.profiles import set_training_consent
from chat.services.reviews import review_message
from inference.registry import EMOTION_LABELS
from inference.training.data import DataError
from inference.training.reviews import read_reviews
from tests.review.rows import make_conversation, make_message, make_person

WHY = "first round of labels"


@pytest.fixture
def reviewed(alice, bob, dora):
    """Alice and Eve consented; of each one message is labelled."""
    eve = make_person("eve", has_training_consent=True)
    people = {"alice": alice, "eve": eve}
    messages = {}
    for name, person in people.items():
        message = make_message(
            make_conversation(person), f"CANARY-{name}", bert=("joy", 0.5)
        )
        ranking.rank_person(person)
        review_message(reviewer=bob, message_key=message.pk, label="fear")
        messages[name] = message
    return people, messages


def export(bob):
    return reviewed_sets.export_set(staff=bob, reason=WHY)


def everything(var_dir) -> str:
    return "".join(f.read_text() for f in (var_dir / "reviews").rglob("*.*"))


def lines(found) -> list[dict]:
    return [json.loads(line) for line in found.read("labels.jsonl").splitlines()]


def test_a_set_says_what_it_holds(reviewed, bob):
    found = export(bob)
    assert [(row["text"], row["label"]) for row in lines(found)] == [
        ("CANARY-alice", "fear"),
        ("CANARY-eve", "fear"),
    ]
    manifest = found.manifest
    assert manifest["sha256"] == hashlib.sha256(found.read("labels.jsonl")).hexdigest()
    assert (manifest["version"], manifest["n"]) == (1, 2)
    assert manifest["labels"] == {"fear": 2}
    sheet = found.read("DATASHEET.md").decode()
    assert manifest["sha256"] in sheet
    assert "| fear | 2 |" in sheet
    assert export(bob).version == 2


def test_each_conversation_of_an_export_counts_as_read(reviewed, bob):
    export(bob)
    _, messages = reviewed
    read = AccessRecord.objects.values_list("conversation", "staff", "reason")
    assert set(read) == {
        (one.conversation_id, str(bob.pk), f"Export of labels: {WHY}")
        for one in messages.values()
    }


def test_the_longest_reason_is_no_error(reviewed, bob):
    reviewed_sets.export_set(staff=bob, reason="because " * 200)
    assert len(AccessRecord.objects.all()[0].reason) == 500


def test_nothing_is_written_where_the_reading_cannot_be_recorded(
    reviewed, bob, var_dir, monkeypatch
):
    def broken(**_):
        raise RuntimeError

    monkeypatch.setattr(reviewed_sets, "record_access", broken)
    with pytest.raises(RuntimeError):
        export(bob)
    assert not (var_dir / "reviews").exists()


def test_only_labels_that_nobody_doubts_are_exported(reviewed, bob, dora):
    _, messages = reviewed
    review_message(reviewer=dora, message_key=messages["alice"].pk, label="joy")
    review_message(reviewer=dora, message_key=messages["eve"].pk, verdict="unsure")
    found = export(bob)
    assert [row["text"] for row in lines(found)] == ["CANARY-eve"]
    assert found.manifest["excluded"] == {"reviewers disagree": 1}
    review_message(reviewer=dora, message_key=messages["eve"].pk, verdict="reject")
    with pytest.raises(reviewed_sets.NothingReviewed):
        export(bob)


def test_a_reason_is_needed_and_consent_too(reviewed, bob):
    with pytest.raises(ReasonNeeded):
        reviewed_sets.export_set(staff=bob, reason=" ")
    people, _ = reviewed
    for person in people.values():
        type(person).objects.filter(pk=person.pk).update(has_training_consent=False)
    with pytest.raises(reviewed_sets.NothingReviewed):
        export(bob)


def test_a_person_who_leaves_is_in_no_set(reviewed, bob, var_dir):
    people, _ = reviewed
    sets = [export(bob), export(bob)]
    before = [one.manifest["sha256"] for one in sets]
    reviewed_sets.forget_person(user=people["alice"])
    people["alice"].delete()
    assert "CANARY-alice" not in everything(var_dir)
    for found, old in zip(sets, before, strict=True):
        assert [row["text"] for row in lines(found)] == ["CANARY-eve"]
        manifest = found.manifest
        assert manifest["sha256"] != old
        hashes = [step["sha256"] for step in manifest["history"]]
        assert hashes == [old, manifest["sha256"]]
        assert len(read_reviews(found.folder, EMOTION_LABELS)) == 1
    assert reviewed_sets.forget_person(user=people["eve"]) == 2
    assert reviewed_sets.forget_person(user=people["eve"]) == 0


def test_lines_are_forgotten_though_the_message_went_before(reviewed, bob, var_dir):
    people, messages = reviewed
    export(bob)
    messages["alice"].delete()
    reviewed_sets.forget_person(user=people["alice"])
    assert "CANARY-alice" not in everything(var_dir)


def test_consent_taken_back_empties_queue_and_sets(reviewed, bob, var_dir):
    people, _ = reviewed
    export(bob)
    set_training_consent(user=people["alice"], is_given=False)
    assert "CANARY-alice" not in everything(var_dir)
    assert "CANARY-eve" in everything(var_dir)


def test_a_purged_conversation_leaves_the_sets(reviewed, bob, var_dir):
    _, messages = reviewed
    export(bob)
    conversation = messages["alice"].conversation
    conversation.deleted_at = conversation.created_at.replace(year=2020)
    conversation.save()
    assert conversations.purge_deleted() == 1
    assert "CANARY-alice" not in everything(var_dir)
    assert not Review.objects.filter(message__text="CANARY-alice").exists()


def test_a_rewriting_cut_short_is_finished_by_the_next(reviewed, bob, monkeypatch):
    people, _ = reviewed
    found = export(bob)
    replace = type(found)._replace

    def stop_after_lines(self, name, text):
        if name != "labels.jsonl":
            raise OSError("no space left")
        replace(self, name, text)

    with monkeypatch.context() as patch:
        patch.setattr(type(found), "_replace", stop_after_lines)
        with pytest.raises(OSError, match="no space"):
            reviewed_sets.forget_person(user=people["alice"])
    with pytest.raises(DataError, match="is not what"):
        read_reviews(found.folder, EMOTION_LABELS)
    reviewed_sets.forget_person(user=people["alice"])
    assert [row.text for row in read_reviews(found.folder, EMOTION_LABELS)] == [
        "CANARY-eve"
    ]


def test_only_the_owner_of_the_files_reads_them(reviewed, bob):
    folder = export(bob).folder
    assert folder.stat().st_mode & 0o777 == 0o700
    for file in folder.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file.name


def test_a_set_that_was_touched_is_refused(reviewed, bob):
    found = export(bob)
    (found.folder / "labels.jsonl").write_text('{"text": "x", "label": "joy"}\n')
    with pytest.raises(DataError, match="is not what"):
        read_reviews(found.folder, EMOTION_LABELS)
    with pytest.raises(DataError, match="no exported set"):
        read_reviews(found.folder.parent / "9", EMOTION_LABELS)
