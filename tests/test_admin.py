"""The admin as each kind of person meets it: a crawl over every address it has."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse

from chat import models
from chat.admin_menu import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import Model

SECRET = "what nobody but me shall read"
NAMES = [name for group in GROUPS.values() for name in group]
READ_ONLY = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def _quick_hashes(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def rows(db) -> dict[str, Model]:
    """One row of each model, all about alice; every text in them is a secret."""
    return make_rows("alice@example.org")


def make_rows(email: str) -> dict[str, Model]:
    alice = models.User.objects.create_user(email, display_name="Alice")
    conversation = models.Conversation.objects.create(
        user=alice, title=SECRET, classifiers=["bert"], last_seq=2
    )
    message = models.Message.objects.create(
        uuid=uuid.uuid4(),
        user=alice,
        conversation=conversation,
        seq=1,
        rev=2,
        text=SECRET,
        classifiers=["bert"],
    )
    reply = models.Reply.objects.create(
        message=message,
        conversation=conversation,
        ordinal=1,
        queued_seq=1,
        seed=1,
        state="done",
        finish_reason="stop",
        text=SECRET,
    )
    return {
        "user": alice,
        "conversation": conversation,
        "message": message,
        "reply": reply,
        "classification": models.Classification.objects.create(
            message=message,
            classifier="bert",
            label="joy",
            scores={"joy": 1.0},
            model_version="1",
            duration_ms=3,
        ),
        "feedback": models.Feedback.objects.create(reply=reply, value=1, note=SECRET),
        "correction": models.Correction.objects.create(
            message=message, user=alice, label="joy"
        ),
        "review": models.Review.objects.create(
            message=message, reviewer=alice, label="joy", verdict="accept"
        ),
        "safetyevent": models.SafetyEvent.objects.create(
            conversation=conversation.pk,
            message=message.uuid,
            kind="suicide",
            rules="rules-1",
        ),
        "accessrecord": models.AccessRecord.objects.create(
            staff="1", conversation=conversation.pk, reason="a complaint"
        ),
        "searchrecord": models.SearchRecord.objects.create(staff="1", digest="0" * 64),
    }


def signed_in(**fields: Any) -> Client:
    person = models.User.objects.create_user(
        f"{uuid.uuid4().hex}@example.org", display_name="Somebody", **fields
    )
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def root(db) -> Client:
    return signed_in(is_staff=True, is_superuser=True)


@pytest.fixture
def nosy(db) -> Client:
    """Staff without a single permission."""
    return signed_in(is_staff=True)


@pytest.fixture
def viewer(db) -> Client:
    """Staff who may view every model of ours, and nothing more."""
    client = signed_in(is_staff=True)
    staff = models.User.objects.get(pk=client.session["_auth_user_id"])
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return client


def addresses(row: Model) -> dict[str, str]:
    name = row._meta.model_name
    return {
        "list": reverse(f"admin:chat_{name}_changelist"),
        "add": reverse(f"admin:chat_{name}_add"),
        **{
            page: reverse(f"admin:chat_{name}_{page}", args=[row.pk])
            for page in ("change", "history", "delete")
        },
    }


def every_address(rows: dict[str, Model]) -> Iterator[str]:
    """What the resolver has under /admin/, each filled with a row that exists."""
    (resolver,) = [
        found
        for found in get_resolver().url_patterns
        if getattr(found, "app_name", "") == "admin"
    ]
    for name in {name for name in resolver.reverse_dict if isinstance(name, str)}:
        pk = next((row.pk for model, row in rows.items() if f"_{model}_" in name), 1)
        for args in ([], [pk], ["chat"], [1, 1]):
            try:
                yield reverse(f"admin:{name}", args=args)
                break
            except NoReverseMatch:
                continue


def test_only_our_models_are_there():
    assert {model._meta.label_lower for model in admin.site._registry} == {
        f"chat.{name}" for name in NAMES
    }


@READ_ONLY
def test_a_superuser_reads_and_cannot_write(root: Client, rows, name):
    row = rows[name]
    pages = addresses(row)
    before = type(row).objects.values().get(pk=row.pk)
    for page in ("list", "change", "history"):
        assert root.get(pages[page]).status_code == 200, page
    for page in ("add", "delete"):
        assert root.get(pages[page]).status_code == 403, page
    everything = {field.name: "1" for field in row._meta.fields}
    for page in ("add", "change", "delete"):
        answer = root.post(pages[page], {**everything, "post": "yes"})
        assert answer.status_code == 403, page
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    root.post(pages["list"], chosen)
    assert type(row).objects.values().get(pk=row.pk) == before


@READ_ONLY
def test_what_was_written_is_on_no_page(root: Client, viewer: Client, rows, name):
    pages = addresses(rows[name])
    for page in ("list", "change", "history"):
        assert SECRET not in root.get(pages[page]).text, page
    for question in (SECRET, "nobody but"):
        found = viewer.get(pages["list"], {"q": question})
        assert not found.context["cl"].result_list


@READ_ONLY
@pytest.mark.parametrize(
    "query",
    [
        {"q": "\x00"},
        {"q": "x" * 5000},
        {"q": "%_'\"\\"},
        {"p": "99999"},
        {"o": "1.-2"},
        {"text__icontains": "what"},
        {"title__icontains": "what"},
        {"message__text__startswith": "w"},
        {"password__startswith": "m"},
        {"user__password__startswith": "m"},
        {"is_active__exact": "1"},
    ],
)
def test_odd_questions_are_answered_and_give_nothing_away(root, rows, name, query):
    (asked,) = query
    is_offered = asked == "is_active__exact" and name == "user"
    expected = (400,) if "__" in asked and not is_offered else (200, 302)
    answer = root.get(addresses(rows[name])["list"], query)
    assert answer.status_code in expected


def test_a_search_finds_by_id_and_address(root: Client, rows):
    url = addresses(rows["conversation"])["list"]
    for question in (str(rows["conversation"].pk), "alice@"):
        assert str(rows["conversation"].pk) in root.get(url, {"q": question}).text


@READ_ONLY
def test_staff_who_may_view_can_only_view(viewer: Client, rows, name):
    pages = addresses(rows[name])
    assert viewer.get(pages["list"]).status_code == 200
    assert viewer.get(pages["change"]).status_code == 200
    for page in ("add", "change", "delete"):
        answer = viewer.post(pages[page], {"is_superuser": "1", "post": "yes"})
        assert answer.status_code == 403, page


def test_every_address_for_a_superuser(root: Client, rows):
    seen = {}
    for address in every_address(rows):
        if not address.endswith("/logout/"):
            seen[address] = root.get(address).status_code
    assert len(seen) > 45
    refused = {path for path, status in seen.items() if status not in (200, 302)}
    assert {path for path in refused if not path.endswith(("/add/", "/delete/"))} <= {
        "/admin/autocomplete/",
        "/admin/r/1/1/",
        "/admin/r/1/chat/",
        "/admin/chat/review/sets/1/1",
        "/admin/chat/review/queue/explain/",
    }
    assert all(seen[path] in (403, 404, 405) for path in refused)


@pytest.mark.parametrize("who", ["nosy", "person", "nobody"])
def test_every_address_for_everybody_else(request, rows, who):
    client = {
        "nosy": lambda: request.getfixturevalue("nosy"),
        "person": signed_in,
        "nobody": Client,
    }[who]()
    harmless = (
        "/admin/",
        "/login/",
        "/logout/",
        "/jsi18n/",
        "/password_change/",
        "/password_change/done/",
        "/search/",
    )
    for address in every_address(rows):
        for answer in (client.get(address), client.post(address)):
            if who == "nosy" and address.endswith(harmless):
                continue
            assert answer.status_code in (302, 403, 404, 405), address
            if who == "nobody" and not address.endswith(
                ("/login/", "/logout/", "/r/1/1/")
            ):
                login = ("/accounts/login/", "/admin/login/")
                assert answer["Location"].startswith(login), address


def test_nobody_signs_in_around_allauths_limits(db):
    client = Client()
    answer = client.get("/admin/login/?next=/admin/")
    assert answer["Location"] == "/accounts/login/?next=%2Fadmin%2F"
    form = {"username": "root@example.org", "password": "x"}
    assert client.post("/admin/login/", form).status_code == 405
    assert "_auth_user_id" not in client.session


def test_staff_cannot_try_passwords_past_the_limits(nosy: Client):
    form = {"username": "root@example.org", "password": "x"}
    assert nosy.post("/admin/login/", form).status_code == 405


def test_the_password_is_changed_on_the_page_with_limits(root: Client):
    answer = root.get("/admin/password_change/")
    assert answer["Location"] == "/accounts/password/change/"
    assert root.post("/admin/password_change/", {}).status_code == 302


@READ_ONLY
def test_a_longer_list_takes_no_more_queries(root: Client, rows, name):
    url = addresses(rows[name])["list"]

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert root.get(url).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for n in range(8):
        make_rows(f"more{n}@example.org")
    assert queries() == few < 15


@pytest.fixture
def told_sockets(monkeypatch) -> list[str]:
    """The groups whose sockets were told to close."""
    from chat.services import people

    groups: list[str] = []
    monkeypatch.setattr(people, "close_sockets", groups.append)
    return groups


def choose(client: Client, action: str, *people: models.User):
    chosen = {"action": action, "_selected_action": [person.pk for person in people]}
    return client.post(reverse("admin:chat_user_changelist"), chosen, follow=True)


def test_deactivating_signs_out_everywhere(root: Client, rows, told_sockets):
    alice = rows["user"]
    session = Client()
    session.force_login(alice)
    answer = choose(root, "deactivate", alice)
    assert "Deactivated 1 person." in answer.text
    alice.refresh_from_db()
    assert not alice.is_active
    assert len(told_sockets) == 1
    assert session.get("/settings/").status_code == 302
    history = root.get(addresses(alice)["history"])
    assert "Deactivated." in history.text

    choose(root, "reactivate", alice)
    alice.refresh_from_db()
    assert alice.is_active


def test_nobody_deactivates_themselves(root: Client, told_sockets):
    me = models.User.objects.get(pk=root.session["_auth_user_id"])
    assert "Deactivated 0 people." in choose(root, "deactivate", me).text
    me.refresh_from_db()
    assert me.is_active


def test_staff_without_the_permission_cannot(viewer: Client, rows, told_sockets):
    choose(viewer, "deactivate", rows["user"])
    rows["user"].refresh_from_db()
    assert rows["user"].is_active
    assert told_sockets == []


def test_staff_with_the_permission_cannot_touch_staff(viewer, rows, told_sockets):
    staff = models.User.objects.get(pk=viewer.session["_auth_user_id"])
    staff.user_permissions.add(Permission.objects.get(codename="change_user"))
    boss = models.User.objects.create_superuser("boss@example.org", display_name="B")
    choose(viewer, "deactivate", rows["user"], boss)
    boss.refresh_from_db()
    rows["user"].refresh_from_db()
    assert boss.is_active
    assert not rows["user"].is_active
    # The permission opens nothing else.
    answer = viewer.post(addresses(boss)["change"], {"is_superuser": "1"})
    assert answer.status_code == 403


def test_markup_in_a_name_is_text(root: Client, rows):
    models.User.objects.update(display_name="<script>alert(1)</script>")
    for name in NAMES:
        for page in ("list", "change"):
            assert "<script>alert(1)" not in root.get(addresses(rows[name])[page]).text
