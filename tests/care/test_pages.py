"""The card on the chat page, "I am safe for now", and the page /safety/."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from chat.care import measure
from chat.models import SafetyEvent
from chat.services import care

if TYPE_CHECKING:
    from pathlib import Path

    from tests.chat.cast import Somebody

DANGER = "I want to kill myself"


def client_of(who: Somebody, language: str = "en-GB") -> Client:
    client = Client(headers={"accept-language": language})
    client.cookies[settings.SESSION_COOKIE_NAME] = who.session_key
    return client


def card(page: str) -> str:
    return page.split('<section class="care"')[1].split("</section>")[0]


@pytest.fixture
def conversation(alice: Somebody):
    return alice.sends(DANGER).conversation


@pytest.mark.django_db
def test_the_card_is_open_with_the_numbers_of_the_country(
    alice: Somebody, conversation
) -> None:
    shown = card(client_of(alice).get(f"/c/{conversation}/").content.decode())
    assert 'data-level="high"' in shown
    assert '<details class="care-fold" open>' in shown
    assert 'href="tel:116123"' in shown
    assert 'href="tel:999"' in shown
    assert 'href="sms:85258?&amp;body=SHOUT"' in shown


@pytest.mark.django_db
def test_without_a_region_it_speaks_in_words(alice: Somebody, conversation) -> None:
    shown = card(client_of(alice, "en").get(f"/c/{conversation}/").content.decode())
    assert "tel:" not in shown
    assert "your local emergency number" in shown
    assert "findahelpline.com" in shown


@pytest.mark.django_db
def test_nothing_noticed_leaves_it_hidden(alice: Somebody) -> None:
    quiet = alice.sends("hello").conversation
    for path in ("/", f"/c/{quiet}/"):
        shown = card(client_of(alice).get(path).content.decode())
        assert 'data-level="" hidden' in shown.replace("\n", "")


@pytest.mark.django_db(transaction=True)
def test_safe_for_now_leaves_a_small_line(alice: Somebody) -> None:
    conversation = alice.sends(DANGER).conversation
    client = client_of(alice)
    answer = client.post(f"/c/{conversation}/safe/")
    assert (answer.status_code, answer["Location"]) == (302, f"/c/{conversation}/")
    shown = card(client.get(f"/c/{conversation}/").content.decode())
    assert 'data-level="lowered"' in shown
    assert '<details class="care-fold">' in shown
    assert "hidden" not in shown.split(">")[0]


@pytest.mark.django_db(transaction=True)
def test_only_one_s_own_conversation_and_only_by_post(
    alice: Somebody, charlie: Somebody
) -> None:
    conversation = alice.sends(DANGER).conversation
    address = f"/c/{conversation}/safe/"
    assert client_of(charlie).post(address).status_code == 404
    assert client_of(alice).get(address).status_code == 405
    assert "login" in Client().post(address)["Location"]
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of(alice).cookies
    assert strict.post(address).status_code == 403
    assert not SafetyEvent.objects.filter(kind="safe").exists()


@pytest.mark.django_db
def test_the_page_says_what_it_is_and_where_the_numbers_are_from(
    alice: Somebody,
) -> None:
    for client in (Client(), client_of(alice)):
        page = client.get("/safety/").content.decode()
        assert "There is no person behind it" in page
        assert page.count(">source</a>") > 20
        assert "How well it notices" in page
        assert "tel:988" in page


@pytest.mark.django_db
def test_another_country_can_be_asked_for() -> None:
    page = Client().get("/safety/?country=nz").content.decode()
    assert "People who listen in New Zealand" in page


@pytest.mark.django_db
def test_a_cache_keeps_countries_apart() -> None:
    assert "Accept-Language" in Client().get("/safety/")["Vary"]


@pytest.mark.django_db
def test_it_is_linked_from_where_people_are(alice: Somebody) -> None:
    assert 'href="/safety/"' in Client().get("/").content.decode()
    assert client_of(alice).get("/").content.decode().count('href="/safety/') >= 3


def test_the_published_figures_are_those_of_the_rules_that_ship() -> None:
    path = settings.BASE_DIR / "tests/models/safety_messages.txt"
    assert measure.published() == measure.measure(measure.read_lines(path))


def test_the_command_measures_and_publishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = tmp_path / "lines.txt"
    lines.write_text("# two\nsuicide;direct;I want to die\nnone;ordinary;hello\n")
    monkeypatch.setattr(measure, "FIGURES", tmp_path / "figures.json")
    measure.published.cache_clear()
    assert measure.published() == {}
    call_command("measure_care", "--data", str(lines), "--json", "--publish")
    told = json.loads(capsys.readouterr().out)
    assert (told["recall"], told["false_alarms"]) == (1.0, 0.0)
    assert measure.published() == told
    call_command("measure_care", "--data", str(lines))
    assert "recall_by_kind" in capsys.readouterr().out
    measure.published.cache_clear()


def test_the_command_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError):
        call_command("measure_care", "--data", str(tmp_path / "nothing.txt"))
    (tmp_path / "bad.txt").write_text("no separators\n")
    with pytest.raises(CommandError):
        call_command("measure_care", "--data", str(tmp_path / "bad.txt"))


@pytest.mark.django_db
def test_a_name_in_the_rows_is_known(alice: Somebody) -> None:
    assert all(row.share.endswith("%") for row in measure.rows(measure.published()))
    assert care.N_CAREFUL == 3
