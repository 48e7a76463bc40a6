"""The pages and their form: who may see what, and what a refusal looks like."""

from __future__ import annotations

import html
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.template.loader import get_template
from django.test import AsyncClient, Client
from django.urls import reverse

from chat.models import Message
from tests.chat.cast import make_somebody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from django.http import HttpResponse

    from tests.chat.cast import Somebody


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any, tmp_path: Path) -> None:
    """As under DEBUG: no manifest of hashed names has been made for the tests."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.STATIC_ROOT = tmp_path


def as_somebody(client: Client, somebody: Somebody) -> Client:
    client.cookies["sessionid"] = somebody.session_key
    return client


@pytest.mark.django_db
def test_a_stranger_sees_what_it_is(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "Write what you feel." in page
    assert reverse("account_signup") in page


@pytest.mark.django_db
def test_a_conversation_asks_strangers_to_sign_in(client: Client) -> None:
    address = f"/c/{uuid.uuid4()}/"
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{reverse('account_login')}?next={address}"


@pytest.mark.django_db
def test_who_has_no_name_is_asked_for_it(client: Client) -> None:
    nobody = make_somebody("")
    answer = as_somebody(client, nobody).get("/")
    assert answer.headers["Location"] == reverse("welcome")


def test_others_see_the_same_as_for_what_is_not_there(
    client: Client, alice: Somebody, charlie: Somebody
) -> None:
    sent = alice.sends("mine alone")
    address = reverse("conversation", args=[sent.conversation])
    assert b"mine alone" in as_somebody(client, alice).get(address).content
    for path in (address, reverse("conversation", args=[uuid.uuid4()])):
        answer = as_somebody(client, charlie).get(path)
        assert answer.status_code == 404
        assert b"That is not here." in answer.content
    assert b"mine alone" not in as_somebody(client, charlie).get("/").content


def test_the_list_is_searched(client: Client, alice: Somebody) -> None:
    alice.sends("the lighthouse")
    alice.sends("the harbour")
    page = as_somebody(client, alice).get("/", {"q": "light\x00house"}).content.decode()
    assert "the lighthouse" in page
    assert "the harbour" not in page


def test_history_is_readable_in_few_queries(
    client: Client, alice: Somebody, django_assert_max_num_queries: Any
) -> None:
    first = alice.sends("one")
    for text in ("two", "three", "four", "five", "six"):
        alice.sends(text, conversation_id=first.conversation)
    with django_assert_max_num_queries(16):
        page = as_somebody(client, alice).get(f"/c/{first.conversation}/")
    for text in ("one", "two", "three", "four", "five", "six"):
        assert f'<div class="bubble" dir="auto">{text}</div>' in page.content.decode()


@pytest.fixture
async def _tidy_thread() -> AsyncIterator[None]:
    """Return what the test client's own thread holds of the database."""
    yield
    await sync_to_async(connections.close_all)()


class Form:
    """A browser without scripts: it reads the form, fills it in and posts it."""

    def __init__(
        self, somebody: Somebody, conversation: uuid.UUID | None = None
    ) -> None:
        self.client = AsyncClient()
        self.client.cookies["sessionid"] = somebody.session_key
        self.path = f"/c/{conversation}/send/" if conversation else "/send/"

    async def post(self, text: str, **fields: Any) -> HttpResponse:
        given = {"id": str(uuid.uuid4()), "text": text, "classifiers": ["bert"]}
        return await self.client.post(self.path, given | fields)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("runner", "_tidy_thread")
class TestForm:
    async def test_it_waits_for_the_reply_and_leads_to_it(
        self, alice: Somebody
    ) -> None:
        answer = await Form(alice).post("so tired")
        message = await Message.objects.aget(text="so tired")
        expected = f"/c/{message.conversation_id}/#turn-{message.uuid}"
        assert (answer.status_code, answer.headers["Location"]) == (302, expected)
        assert await message.replies.filter(state="done").aexists()

    async def test_the_same_id_again_leads_to_the_same_place(
        self, alice: Somebody
    ) -> None:
        same = str(uuid.uuid4())
        first = await Form(alice).post("only once", id=same)
        again = await Form(alice).post("only once", id=same)
        assert first.headers["Location"] == again.headers["Location"]
        assert await Message.objects.acount() == 1

    async def test_a_line_break_is_one_character(self, alice: Somebody) -> None:
        same = str(uuid.uuid4())
        await Form(alice).post("one\r\ntwo", id=same)
        message = await Message.objects.aget()
        assert message.text == "one\ntwo"

    @pytest.mark.parametrize(
        ("text", "fields", "status", "words"),
        [
            ("", {}, 400, "Write something first."),
            (" \n\t ", {}, 400, "Write something first."),
            ("x" * 4001, {}, 400, "That is too long"),
            ("a\x00b", {}, 400, "not plain text"),
            ("hello", {"id": ""}, 400, "not an id"),
            ("hello", {"id": "42"}, 400, "not an id"),
            ("hello", {"classifiers": ["nobody"]}, 400, "Choose between one and five"),
        ],
    )
    async def test_a_refusal_keeps_the_text(
        self,
        alice: Somebody,
        text: str,
        fields: dict[str, Any],
        status: int,
        words: str,
    ) -> None:
        answer = await Form(alice).post(text, **fields)
        page = html.unescape(answer.content.decode())
        assert answer.status_code == status
        assert words in page
        assert f"{text}</textarea>" in page
        assert await Message.objects.acount() == 0

    async def test_an_id_used_with_another_text_gets_a_new_one(
        self, alice: Somebody
    ) -> None:
        same = str(uuid.uuid4())
        await Form(alice).post("first", id=same)
        answer = await Form(alice).post("second", id=same)
        assert answer.status_code == 409
        page = answer.content.decode()
        assert same not in page
        assert "second</textarea>" in page

    async def test_somebody_elses_conversation_is_not_there(
        self, alice: Somebody, charlie: Somebody
    ) -> None:
        await Form(alice).post("mine alone")
        message = await Message.objects.aget()
        answer = await Form(charlie, message.conversation_id).post("let me in")
        assert answer.status_code == 404
        page = answer.content.decode()
        assert "mine alone" not in page
        assert "let me in</textarea>" in page

    async def test_a_get_is_refused(self, alice: Somebody) -> None:
        assert (await Form(alice).client.get("/send/")).status_code == 405

    async def test_a_stranger_is_asked_to_sign_in(self, alice: Somebody) -> None:
        form = Form(alice)
        form.client.cookies.clear()
        answer = await form.post("who am I")
        assert answer.headers["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_tidy_thread")
async def test_an_engine_that_is_away_is_told_and_the_text_kept(
    alice: Somebody,
) -> None:
    answer = await Form(alice).post("is anybody there?")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert b"is anybody there?</textarea>" in answer.content


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_nothing_to_be_shown(name: str) -> None:
    page = get_template(f"{name}.html").render()
    assert "<h1>" in page
    assert "style=" not in page
