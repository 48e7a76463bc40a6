"""The page Analyse without scripts: a text, a task, its classifiers, and what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient
from django.urls import reverse

from inference.errors import ModelUnavailable
from inference.registry import CLASSIFIERS, NEWS_LABELS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.http import HttpResponse

    from chat.turns import TurnRunner
    from tests.chat.cast import Somebody
    from tests.fakes import FakeEngine

TORCH = ("bert", "distilbert", "bert-news")


def serve(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    specs = tuple(CLASSIFIERS[name] for name in names)
    emotions = tuple(spec for spec in specs if spec.task == "emotion")
    monkeypatch.setattr("chat.classifiers.served", lambda: specs)
    monkeypatch.setattr("chat.classifiers.offered", lambda: emotions)


@pytest.fixture(autouse=True)
def _served(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, *TORCH)


@pytest.fixture(autouse=True)
async def _tidy_thread(transactional_db: None) -> AsyncIterator[None]:
    """Return what the test client's own thread holds of the database."""
    yield
    await sync_to_async(connections.close_all)()


async def ask(somebody: Somebody, **form: Any) -> HttpResponse:
    client = AsyncClient()
    client.cookies["sessionid"] = somebody.session_key
    if not form:
        return await client.get(reverse("analyse"))
    return await client.post(reverse("analyse"), form)


def words(response: HttpResponse) -> str:
    return response.content.decode()


async def test_strangers_are_asked_to_sign_in() -> None:
    for method in ("get", "post"):
        answer = await getattr(AsyncClient(), method)(reverse("analyse"))
        assert answer["Location"].startswith(reverse("account_login"))


async def test_it_offers_every_task_with_its_classifiers(
    alice: Somebody, runner: TurnRunner
) -> None:
    page = words(await ask(alice))

    for name in TORCH:
        assert f'value="{name}"' in page
    assert "News topic" in page
    assert 'name="framework"' not in page
    assert 'class="analysed-one"' not in page.split("<template")[0]


async def test_frameworks_are_to_be_chosen_where_there_are_two(
    alice: Somebody, runner: TurnRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(monkeypatch, *TORCH, "bert-news-tf")
    page = words(await ask(alice))

    assert page.count('name="framework"') == 3
    assert 'data-framework="tensorflow"' in page


async def test_a_text_is_read_by_those_that_were_chosen(
    alice: Somebody, runner: TurnRunner, engine: FakeEngine
) -> None:
    engine.label = "sport"
    form = {
        "text": "Two\r\ngoals.",
        "task": "news",
        "classifiers": ["bert-news", "bert"],
    }
    page = words(await ask(alice, **form)).split("<template")[0]

    assert [(r.classifier, r.text) for r in engine.classified] == [
        ("bert-news", "Two\ngoals.")
    ]
    assert page.count("data-explain-slot") == page.count('class="analysed-one"') == 1
    assert 'data-task="news"' in page
    places = [page.index(f'class="bar-row" data-label="{one}"') for one in NEWS_LABELS]
    assert places == sorted(places)
    assert "Sport" in page


async def test_the_framework_chooses_among_the_classifiers(
    alice: Somebody,
    runner: TurnRunner,
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve(monkeypatch, *TORCH, "bert-news-tf")
    engine.label = "sport"
    chosen = ["bert-news", "bert-news-tf"]
    form = {"text": "Goal.", "task": "news", "classifiers": chosen}
    await ask(alice, **form)
    await ask(alice, **form, framework="tensorflow")

    asked = [request.classifier for request in engine.classified]
    assert asked == ["bert-news", "bert-news-tf", "bert-news-tf"]


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"text": " \r\n "}, "Write something first."),
        ({"text": "x" * 1_000_000}, "At most 4,000 characters, please."),
        (
            {"text": "x" * 1_000_000, "task": "news"},
            "At most 32,000 characters, please.",
        ),
        ({"text": "a\x00b"}, "This is not plain text."),
        ({"text": "a", "task": "weather"}, "Choose one of emotion, news."),
        (
            {"text": "a", "framework": "tensorflow"},
            "No classifier of this task runs in",
        ),
    ],
)
async def test_what_cannot_be_read_is_told(
    alice: Somebody,
    runner: TurnRunner,
    engine: FakeEngine,
    form: dict[str, str],
    why: str,
) -> None:
    response = await ask(alice, **form)

    assert response.status_code == 400
    assert why in words(response)
    assert engine.classified == []


async def test_a_text_is_shown_as_it_was_written(
    alice: Somebody, runner: TurnRunner, engine: FakeEngine
) -> None:
    page = words(await ask(alice, text="</textarea><script>alert(1)</script>"))

    assert "<script>alert" not in page
    assert "&lt;/textarea&gt;" in page


async def test_an_engine_that_rests_is_told_with_the_text_kept(
    alice: Somebody, runner: TurnRunner, engine: FakeEngine
) -> None:
    engine.fail = ModelUnavailable("bert failed")
    response = await ask(alice, text="I kept this.")

    assert response.status_code == 503
    assert "I kept this." in words(response)
    assert "Please try again" in words(response)
