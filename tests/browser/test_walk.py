"""The main job from one end to the other, with the shipped weights."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.chat.scripted import HeldServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer


@pytest.fixture
def held(make_server: Callable[..., LiveServer]) -> Iterator[HeldServer]:
    """A server with the shipped weights, whose replies can be held."""
    held = HeldServer.start(make_server, "tests.browser.decoders:held_reply_model")
    with held.server:
        yield held


def test_the_whole_walk(held: HeldServer, open_page: OpenPage) -> None:
    page = open_page(held.server)
    sign_up(page)
    tell_name(page, "Ada")
    see_the_emotion_and_a_reply_that_grows(page)
    with held.stalled():
        seen = reload_in_the_middle(page)
    it_goes_on(page, seen)
    with held.stalled():
        stop(page)
    regenerate(page)
    correct(page)
    rename(page, "A heavy day")
    search(page, "A heavy day")
    delete_and_undo(page, "A heavy day")
    sign_out(page)


def sign_up(page: Page) -> None:
    page.get_by_role("link", name="Create an account").click()
    page.locator("[name=email]").fill(f"{uuid.uuid4().hex[:12]}@example.org")
    page.locator("[name=password1]").fill("a-long-quiet-word-9")
    page.locator("main form").get_by_role("button").first.click()
    page.wait_for_url("**/welcome/**")


def tell_name(page: Page, name: str) -> None:
    page.locator("[name=name]").fill(name)
    page.locator("main form").get_by_role("button").first.click()
    page.wait_for_url(re.compile(r"/$"))
    expect(page.get_by_text(f"Hello, {name}.")).to_be_visible()


def see_the_emotion_and_a_reply_that_grows(page: Page) -> None:
    steps.connected(page)
    page.evaluate(steps.RECORD_GROWTH)
    turn = steps.say(page, steps.EXAMPLE)
    chip = turn.locator(".emotion > summary")
    expect(chip).to_contain_text("Sadness", timeout=steps.SOON_MS)
    expect(chip).to_contain_text(re.compile(r"\d\d\s%"))
    reply = steps.finished(turn)
    assert page.evaluate("window.sawWait"), "nothing showed that we were reading"
    grown: list[str] = page.evaluate("window.grown")
    assert len(grown) >= 3, grown
    assert grown[-1] == reply
    assert all(b.startswith(a) for a, b in zip(grown, grown[1:], strict=False)), grown
    page.wait_for_url("**/c/*/")
    see_six_bars(turn)


def see_six_bars(turn: Locator) -> None:
    turn.locator(".emotion > summary").click()
    rows = turn.locator(".bar-row")
    names = ["Anger", "Fear", "Joy", "Love", "Sadness", "Surprise"]
    expect(rows.locator(".bar-title")).to_have_text(names)
    expect(rows.locator(".bar-percent")).to_contain_text(["%"] * 6)
    turn.locator(".emotion > summary").click()


def reload_in_the_middle(page: Page) -> str:
    """Return what was seen of the reply before."""
    turn = steps.say(
        page, "I am so afraid of the exam tomorrow, I can not sleep at all."
    )
    steps.writing(turn)
    seen = steps.reply_of(turn).locator(".reply-text").inner_text()
    page.reload()
    steps.connected(page)
    return seen


def it_goes_on(page: Page, seen: str) -> None:
    """The reply goes on where it was, whoever looks."""
    reply = steps.finished(steps.last_turn(page))
    assert reply.startswith(seen)
    assert len(reply) > len(seen)
    assert page.locator(".turn").count() == 2


def stop(page: Page) -> None:
    turn = steps.say(page, "Tell me about the sea, the long summer and the wind.")
    steps.writing(turn)
    page.get_by_role("button", name="Stop the reply").click()
    steps.in_state(turn, "stopped")
    expect(turn.get_by_text("You stopped this reply.")).to_be_visible()
    assert steps.finished(turn)


def regenerate(page: Page) -> None:
    turn = page.locator(".turn").first
    before = steps.finished(turn)
    turn.hover()
    turn.get_by_role("button", name="Write another reply").click()
    expect(turn.locator(".versions-count")).to_have_text("2/2", timeout=steps.SOON_MS)
    steps.finished(turn)
    turn.get_by_role("button", name="Earlier reply").click()
    expect(turn.locator(".versions-count")).to_have_text("1/2")
    assert steps.finished(turn) == before
    turn.get_by_role("button", name="Later reply").click()


def correct(page: Page) -> None:
    turn = page.locator(".turn").first
    turn.get_by_text("Wrong emotion?").click()
    turn.get_by_role("button", name="Fear").click()
    expect(turn.locator(".correct-said")).to_have_text("You say Fear")
    page.reload()
    expect(page.locator(".correct-said").first).to_have_text("You say Fear")


def rename(page: Page, name: str) -> None:
    steps.row_menu(page, steps.EXAMPLE[:20], "Rename")
    page.get_by_label("New name").fill(name)
    page.keyboard.press("Enter")
    expect(steps.row(page, name)).to_be_visible()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def search(page: Page, title: str) -> None:
    page.locator("body").press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("nothing has these words")
    expect(page.get_by_text("Nothing found for")).to_be_visible()
    page.locator("#search").fill("the long summer")
    expect(steps.row(page, title)).to_be_visible()
    page.locator("#search").fill("")
    expect(steps.row(page, title)).to_be_visible()


def delete_and_undo(page: Page, title: str) -> None:
    address = page.url
    steps.row_menu(page, title, "Delete")
    page.wait_for_url(re.compile(r"/$"))
    expect(steps.row(page, title)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(address)
    expect(steps.row(page, title)).to_be_visible()
    assert page.locator(".turn").count() >= 3


def sign_out(page: Page) -> None:
    page.locator(".account > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Create an account")).to_be_visible()
    page.goto("/c/00000000-0000-4000-8000-000000000000/")
    page.wait_for_url("**/accounts/login/**")
