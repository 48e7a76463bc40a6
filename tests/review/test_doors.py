"""Everybody at every address of the admin, as the resolver lists them."""

from __future__ import annotations

import pytest
from django.test import Client

from chat.services import ranking, reviewed_sets
from chat.services.reviews import review_message
from tests.review.conftest import make_staff
from tests.review.doors import DOORS, STAFF, admin_routes
from tests.review.rows import make_conversation, make_message, make_person
from tests.test_admin import make_rows

SHUT = (302, 403, 404, 405)
WHO = (*sorted(STAFF), "person", "nobody")


@pytest.fixture
def keys(alice, dora) -> dict[str, str]:
    """The keys of one row of each model; an exported set lies there too."""
    conversation = make_conversation(alice)
    message = make_message(conversation, "I shook all night.", bert=("joy", 0.5))
    alice.has_training_consent = True
    alice.save()
    ranking.rank_person(alice)
    review_message(reviewer=dora, message_key=message.pk, label="fear")
    reviewed_sets.export_set(staff=dora, reason="for the doors")
    return {name: str(row.pk) for name, row in make_rows("a@example.org").items()}


@pytest.fixture
def client_of(groups, at_desk):
    """The browser of each kind of person; the idle one is staff without a permission."""
    people = {
        "root": lambda: make_person("root", is_staff=True, is_superuser=True),
        "reviewer": lambda: make_staff("ruth", "reviewer"),
        "support": lambda: make_staff("sam", "support"),
        "idle": lambda: make_person("ida", is_staff=True),
        "person": lambda: make_person("paul"),
    }
    return lambda who: Client() if who == "nobody" else at_desk(people[who]())


def test_every_address_has_a_row():
    assert sorted(door.route for door in DOORS) == sorted(admin_routes())


@pytest.mark.parametrize("who", WHO)
def test_each_door_opens_for_those_of_its_row_alone(client_of, keys, who):
    client, wrong = client_of(who), {}
    for door in DOORS:
        path = door.path.format(**keys)
        status = client.get(path).status_code
        is_right = status == 200 if who in door.who else status in SHUT
        if not is_right:
            wrong[path] = status
    assert wrong == {}


@pytest.mark.parametrize("who", WHO)
def test_nothing_is_sent_through_a_shut_door(client_of, keys, who):
    client, wrong = client_of(who), {}
    for door in DOORS:
        path = door.path.format(**keys)
        if who not in door.who | door.sends and not door.takes_any:
            status = client.post(path, {"post": "yes", "label": "joy"}).status_code
            if status not in SHUT:
                wrong[path] = status
    assert wrong == {}
