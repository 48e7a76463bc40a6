"""The conversation list, its filters and actions, and the transcript behind a reason."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chat.desk.spreadsheet import plain
from chat.models import (
    AccessRecord,
    Conversation,
    Correction,
    Feedback,
    Review,
    SearchRecord,
    Triage,
)
from chat.services import access, triage
from tests.review.rows import (
    make_conversation,
    make_message,
    make_person,
    make_reply,
)

LIST = "/admin/chat/conversation/"
WHY = "a complaint about a reply"


def address(conversation) -> str:
    return reverse("admin:chat_conversation_read", args=[conversation.pk])


def listed(client, **query) -> list[str]:
    answer = client.get(LIST, query)
    assert answer.status_code == 200
    return sorted(row.title for row in answer.context["cl"].result_list)


@pytest.fixture
def told(alice):
    """A conversation with one turn that has everything a turn can have."""
    conversation = make_conversation(alice, "CANARY-title")
    message = make_message(
        conversation, "CANARY-text", bert=("joy", 0.8), roberta=("fear", 0.3)
    )
    reply = make_reply(message, "CANARY-reply")
    make_reply(
        message, "", state="failed", finish_reason="error", error_code="internal"
    )
    Feedback.objects.create(reply=reply, value=-1, note="CANARY-note")
    Correction.objects.create(message=message, user=alice, label="love")
    return conversation


# --- Reading ---------------------------------------------------------------------------


def test_a_reason_is_asked_once_and_each_reading_is_recorded(told, bob, at_desk):
    client = at_desk(bob)
    asked = client.get(address(told))
    assert "Why do you need to read this?" in asked.text
    assert "CANARY" not in asked.text
    assert not AccessRecord.objects.exists()

    read = client.post(address(told), {"reason": f"  {WHY} "}, follow=True)
    assert "CANARY-text" in read.text
    assert "no-store" in read["Cache-Control"]
    again = at_desk(bob).get(address(told))
    assert "CANARY-text" in again.text
    kept = AccessRecord.objects.values_list("staff", "conversation", "reason")
    assert list(kept) == [(str(bob.pk), told.pk, WHY)] * 2


def test_a_transcript_shows_the_whole_turn(told, bob, at_desk):
    page = at_desk(bob).post(address(told), {"reason": WHY}, follow=True).text
    for words in (
        "CANARY-title",
        "CANARY-reply",
        "CANARY-note",
        "Thumb down",
        "first word after 120 ms",
        "whole after 900 ms",
        "Failed: error (internal)",
        "Corrected by its person: <b>Love</b>",
        "BERT",
        "RoBERTa",
        "80\u00a0%",
    ):
        assert words in page, words


@pytest.mark.parametrize("reason", ["", " ", "why?"])
def test_without_a_reason_nothing_is_shown(told, bob, at_desk, reason):
    answer = at_desk(bob).post(address(told), {"reason": reason})
    assert answer.status_code == 400
    assert "CANARY" not in answer.text
    assert not AccessRecord.objects.exists()


def test_it_fails_closed(told, bob, at_desk):
    client = at_desk(bob)
    client.raise_request_exception = False
    client.post(address(told), {"reason": WHY})
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE chat_accessrecord ADD CHECK (reason = '') NOT VALID"
        )
    answer = client.get(address(told))
    assert answer.status_code == 500
    assert "CANARY" not in answer.text


def test_the_record_is_there_before_the_text_is_read(told, bob, at_desk):
    client = at_desk(bob)
    client.post(address(told), {"reason": WHY})
    with CaptureQueriesContext(connection) as queries:
        client.get(address(told))
    said = [query["sql"] for query in queries]
    (recorded,) = [n for n, sql in enumerate(said) if 'INTO "chat_accessrecord' in sql]
    texts = [n for n, sql in enumerate(said) if '"chat_message"."text"' in sql]
    assert texts
    assert min(texts) > recorded


def test_who_may_read(told, bob, sam, charlie, at_desk, client):
    for person in (sam, charlie, make_person("nosy", is_staff=True)):
        for answer in (
            at_desk(person).get(address(told)),
            at_desk(person).post(address(told), {"reason": WHY}),
        ):
            assert answer.status_code in (302, 403)
    assert client.get(address(told)).status_code == 302
    assert not AccessRecord.objects.exists()


def test_what_its_person_deleted_cannot_be_read(told, bob, at_desk):
    client = at_desk(bob)
    Conversation.objects.update(deleted_at=timezone.now())
    assert client.post(address(told), {"reason": WHY}, follow=True).status_code == 404


def test_a_long_transcript_is_paged_with_a_flat_count(
    alice, bob, at_desk, django_assert_max_num_queries, monkeypatch
):
    monkeypatch.setattr("chat.desk.transcript.PAGE", 3)
    conversation = make_conversation(alice)
    for n in range(5):
        make_reply(make_message(conversation, f"Text {n}", bert=("joy", 0.9)), "Yes")
    client = at_desk(bob)
    first = client.post(address(conversation), {"reason": WHY}, follow=True)
    assert "Text 2" in first.text
    assert "Text 3" not in first.text
    with django_assert_max_num_queries(16):  # four of them only savepoints
        second = client.get(address(conversation) + "?after=3")
    assert "Text 4" in second.text
    assert "Text 2" not in second.text


# --- The list --------------------------------------------------------------------------


@pytest.fixture
def several(alice, charlie, bob):
    """Conversations that each answer to another filter."""
    made = {}
    for person, title, reads in (
        (alice, "sure joy", {"bert": ("joy", 0.95)}),
        (alice, "unsure joy", {"bert": ("joy", 0.4)}),
        (charlie, "fear by roberta", {"bert": ("joy", 0.95), "roberta": ("fear", 0.4)}),
    ):
        made[title] = make_conversation(person, title)
        make_message(
            made[title], f"Some words about {title.split()[0]} trains", **reads
        )
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["fear by roberta", "sure joy", "unsure joy"]),
        ({"emotion": "fear"}, ["fear by roberta"]),
        ({"classifier": "roberta"}, ["fear by roberta"]),
        ({"below": "50"}, ["fear by roberta", "unsure joy"]),
        ({"below": "50", "emotion": "joy"}, ["unsure joy"]),
        ({"below": "50", "emotion": "joy", "classifier": "roberta"}, []),
        ({"below": "5000"}, []),
        ({"emotion": "rage"}, []),
        ({"person": "charlie@"}, ["fear by roberta"]),
        ({"person": "\x00"}, ["fear by roberta", "sure joy", "unsure joy"]),
        ({"q": "alice@example.org"}, ["sure joy", "unsure joy"]),
        ({"q": "unsure train"}, ["unsure joy"]),
        ({"q": '"about sure"'}, ["sure joy"]),
        ({"q": "trains -fear"}, ["sure joy", "unsure joy"]),
        ({"q": "nowhere"}, []),
        ({"q": "' OR 1=1 --"}, []),
    ],
)
def test_filters_and_search(several, bob, at_desk, query, found):
    assert listed(at_desk(bob), **query) == found


def test_more_filters(several, alice, bob, at_desk):
    client = at_desk(bob)
    sure, unsure = several["sure joy"], several["unsure joy"]
    message = sure.messages.get()
    Correction.objects.create(message=message, user=alice, label="love")
    Review.objects.create(message=message, reviewer=bob, verdict="unsure")
    triage.flag(conversations=[unsure.pk], is_flagged=True)
    triage.assign(conversations=[sure.pk], assignee=bob)
    for name in ("corrected", "reviewed"):
        assert listed(client, **{name: "yes"}) == ["sure joy"]
        assert listed(client, **{name: "no"}) == ["fear by roberta", "unsure joy"]
    assert listed(client, flagged="yes") == ["unsure joy"]
    assert listed(client, assigned="me") == ["sure joy"]
    assert listed(client, assigned="any") == ["sure joy"]


def test_days_are_whole_and_in_utc(several, bob, at_desk):
    client = at_desk(bob)
    yesterday = timezone.now() - timedelta(days=1)
    Conversation.objects.filter(title="sure joy").update(updated_at=yesterday)
    day = f"{yesterday:%Y-%m-%d}"
    asked = {"updated_at_from": day, "updated_at_to": day}
    assert listed(client, **asked) == ["sure joy"]
    assert len(listed(client, updated_at_from="nonsense")) == 3


def test_every_long_list_finds_by_id(told, at_desk, groups):
    root = at_desk(make_person("root", is_staff=True, is_superuser=True))
    message = told.messages.get()
    reply = Feedback.objects.get().reply
    asked = {
        "message": {message.uuid: 1, told.pk: 1, reply.pk: 0},
        "reply": {reply.pk: 1, told.pk: 2, message.uuid: 0},
        "classification": {message.uuid: 2, told.pk: 2, reply.pk: 0},
        "correction": {message.uuid: 1, reply.pk: 0},
        "feedback": {reply.pk: 1, message.uuid: 0},
    }
    for name, found in asked.items():
        for key, n in found.items():
            answer = root.get(f"/admin/chat/{name}/", {"q": str(key)})
            assert len(answer.context["cl"].result_list) == n, (name, key)


def test_the_list_shows_no_text_and_no_title(several, bob, at_desk):
    page = at_desk(bob).get(LIST).text
    assert "sure joy" not in page
    assert "trains" not in page


def test_a_search_in_texts_is_recorded_first_and_needs_the_permission(
    several, bob, sam, at_desk, monkeypatch
):
    assert listed(at_desk(sam), q="trains") == []
    assert not SearchRecord.objects.exists()
    assert len(listed(at_desk(bob), q="trains")) == 3
    kept = SearchRecord.objects.get()
    assert (kept.staff, kept.digest) == (str(bob.pk), access.search_digest("trains"))

    def broken(**_):
        raise DatabaseError

    monkeypatch.setattr(access, "record_search", broken)
    client = at_desk(bob)
    client.raise_request_exception = False
    assert client.get(LIST, {"q": "trains"}).status_code in (302, 500)


def test_what_its_person_deleted_is_not_searched(several, bob, at_desk):
    Conversation.objects.filter(title="sure joy").update(deleted_at=timezone.now())
    assert listed(at_desk(bob), q="trains") == ["fear by roberta", "unsure joy"]


def test_a_longer_list_takes_no_more_queries(several, alice, bob, at_desk):
    client = at_desk(bob)

    def n_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            listed(client, emotion="joy", corrected="no", q="trains")
        return len(queries)

    n_queries()
    few = n_queries()
    for n in range(10):
        more = make_conversation(alice, f"More {n}")
        make_message(more, "trains", bert=("joy", 0.5))
        triage.assign(conversations=[more.pk], assignee=bob)
    assert n_queries() == few < 15


# --- Actions ---------------------------------------------------------------------------


def choose(client, action: str, *rows, **more):
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(LIST, chosen, follow=True)


def test_flag_and_assign_in_bulk(several, bob, sam, dora, at_desk):
    client = at_desk(bob)
    rows = list(several.values())
    assert "Flagged 3 conversations." in choose(client, "flag", *rows).text
    assert "Removed the flag from 1" in choose(client, "unflag", rows[0]).text
    assert Triage.objects.filter(is_flagged=True).count() == 2
    choose(client, "assign", *rows, assignee=dora.pk)
    assert set(Triage.objects.values_list("assignee", flat=True)) == {dora.pk}
    assert Triage.objects.filter(is_flagged=True).count() == 2
    choose(client, "assign", rows[0], assignee=sam.pk)  # who may not read
    assert Triage.objects.get(conversation=rows[0]).assignee == dora
    choose(client, "assign", rows[0], assignee="")
    assert Triage.objects.get(conversation=rows[0]).assignee is None


def test_support_cannot_flag_or_assign(several, sam, at_desk):
    for action in ("flag", "unflag", "assign"):
        choose(at_desk(sam), action, *several.values())
    assert not Triage.objects.exists()


def test_assigning_to_somebody_who_may_not_read_is_refused(several, sam):
    with pytest.raises(triage.NotStaff):
        triage.assign(conversations=[several["sure joy"].pk], assignee=sam)


def test_a_csv_has_no_text_and_no_formula(several, alice, bob, at_desk):
    type(alice).objects.filter(pk=alice.pk).update(display_name='=HYPERLINK("x")')
    answer = choose(at_desk(bob), "export_csv", *several.values())
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["name"] for row in rows} == {'\'=HYPERLINK("x")', "Charlie"}
    assert {row["messages"] for row in rows} == {"1"}
    assert "trains" not in answer.text
    assert "sure joy" not in answer.text


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "＝1",
        "|cmd",
        "%x",
    ],
)
def test_no_cell_starts_a_formula(cell):
    assert plain(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["joy", "a=b", "1", "", "é", "mail@example.org"])
def test_other_cells_stay_as_they_are(cell):
    assert plain(cell) == cell


def test_a_reviewer_changes_no_person_message_or_reply(told, alice, bob, at_desk):
    client = at_desk(bob)
    message = told.messages.get()
    rows = {"user": alice, "message": message, "reply": message.replies.first()}
    rows["conversation"] = told
    for name, row in rows.items():
        for page in ("change", "delete"):
            url = reverse(f"admin:chat_{name}_{page}", args=[row.pk])
            answer = client.post(url, {"text": "changed", "is_superuser": "1"})
            assert answer.status_code == 403, url
        add = reverse(f"admin:chat_{name}_add")
        assert client.post(add, {"text": "new"}).status_code == 403
    choose_people = {"action": "deactivate", "_selected_action": [alice.pk]}
    assert client.post("/admin/chat/user/", choose_people).status_code == 403
    alice.refresh_from_db()
    assert alice.is_active
