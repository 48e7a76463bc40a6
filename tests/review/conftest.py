"""The cast of the review tests: alice consented, charlie did not, bob reviews."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client

from tests.review.rows import make_person

if TYPE_CHECKING:
    from pathlib import Path

    from chat.models import User


@pytest.fixture(autouse=True)
def var_dir(settings, tmp_path: Path) -> Path:
    """Exported sets go where each test can see only its own."""
    settings.VAR_DIR = tmp_path
    return tmp_path


@pytest.fixture
def groups(db: None) -> None:
    """As after `migrate`: a test before may have emptied every table."""
    migration = importlib.import_module("chat.migrations.0003_review")
    migration.make_groups(apps, None)


@pytest.fixture
def alice(db: None) -> User:
    return make_person("alice", has_training_consent=True)


@pytest.fixture
def charlie(db: None) -> User:
    return make_person("charlie")


@pytest.fixture
def bob(groups: None) -> User:
    return make_staff("bob", "reviewer")


@pytest.fixture
def dora(groups: None) -> User:
    return make_staff("dora", "reviewer")


@pytest.fixture
def sam(groups: None) -> User:
    return make_staff("sam", "support")


def make_staff(name: str, group: str) -> User:
    person = make_person(name, is_staff=True)
    person.groups.add(Group.objects.get(name=group))
    return person


@pytest.fixture
def at_desk(db: None):
    """A browser in which this person is signed in."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in
