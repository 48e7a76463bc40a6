"""What a person allows, and what they are told about staff who read."""

from __future__ import annotations

from django.urls import reverse

from chat.services import access
from tests.review.rows import make_conversation, make_person

URL = "/settings/training/"
WHY = "the person asked us to look"


def test_consent_is_off_until_it_is_given(at_desk):
    client = at_desk(eve := make_person("eve"))
    assert not eve.has_training_consent
    for form, wanted in (({"is_given": "on"}, True), ({}, False)):
        answer = client.post(URL, form, follow=True)
        assert "Your choice is saved." in answer.text
        eve.refresh_from_db()
        assert eve.has_training_consent is wanted
    assert client.get(URL).status_code == 405


def test_consent_is_asked_of_those_who_signed_in(client, db):
    answer = client.post(URL, {"is_given": "on"})
    assert answer["Location"].startswith("/accounts/login/")


def test_people_see_which_conversation_staff_read_and_why(alice, charlie, bob, at_desk):
    client = at_desk(alice)
    assert "Nobody has read" in client.get("/settings/").text
    mine = make_conversation(alice, "About <trains>")
    other = make_conversation(charlie, "Not mine")
    for _ in range(3):
        access.open_conversation(staff=bob, conversation_id=mine.pk, reason=WHY)
    access.open_conversation(staff=bob, conversation_id=other.pk, reason="other reason")
    page = client.get("/settings/").text
    assert page.count(WHY) == 1
    assert "About &lt;trains&gt;" in page
    assert reverse("conversation", args=[mine.pk]) in page
    assert "Not mine" not in page
    assert "other reason" not in page
    assert bob.email not in page


def test_the_page_takes_no_more_queries_for_more_reads(
    alice, bob, at_desk, django_assert_max_num_queries
):
    client = at_desk(alice)
    for n in range(12):
        one = make_conversation(alice, f"Number {n}")
        access.open_conversation(staff=bob, conversation_id=one.pk, reason=WHY)
    client.get("/settings/")
    with django_assert_max_num_queries(10):
        assert client.get("/settings/").text.count(WHY) == 12
