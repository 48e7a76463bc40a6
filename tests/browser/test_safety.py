"""The safety card and the page /safety/ in a real browser, wide and narrow, by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from chat.care import texts
from tests.browser import steps
from tests.browser.conftest import PHONE

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

DANGER = "I want to kill myself"
BRITISH = {"locale": "en-GB"}
SIZES = pytest.mark.parametrize("size", [{}, PHONE], ids=["1440", "390"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
NO_SIDEWAYS = "document.documentElement.scrollWidth <= innerWidth"


def card(page: Page) -> Locator:
    return page.locator("#care")


def fold(page: Page) -> Locator:
    return page.locator(".care-fold > summary")


def is_open(page: Page) -> bool:
    return page.locator(".care-fold").evaluate("fold => fold.open")


def in_danger(page: Page) -> None:
    steps.connected(page)
    send = steps.tap_say if page.viewport_size["width"] < 500 else steps.say
    turn = send(page, DANGER)
    expect(turn.locator(".reply .reply-text")).to_have_text(
        texts.CARE["suicide"], timeout=steps.SOON_MS
    )


@SIZES
@SCHEMES
def test_it_opens_by_itself_and_leaves_room_for_the_rest(
    slow_server: LiveServer,
    slow_alice: Person,
    open_page: OpenPage,
    size: dict,
    scheme: str,
) -> None:
    page = open_page(slow_server, slow_alice, **BRITISH, **size, color_scheme=scheme)
    expect(card(page)).to_be_hidden()
    in_danger(page)
    expect(card(page)).to_be_visible()
    expect(steps.last_turn(page).locator(".emotions")).to_be_hidden()
    expect(card(page).get_by_role("link", name="Call 999")).to_be_visible()
    samaritans = card(page).get_by_role("link", name="Call Samaritans, 116 123")
    assert samaritans.get_attribute("href") == "tel:116123"
    expect(steps.box(page)).to_be_in_viewport(ratio=1)
    assert page.evaluate(NO_SIDEWAYS)
    thread = page.locator("#thread").bounding_box()
    assert thread["height"] > 150
    page.reload()
    expect(card(page).get_by_role("link", name="Call 999")).to_be_visible()


def test_it_goes_by_keyboard_and_stays_as_a_line(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice, **BRITISH)
    in_danger(page)
    fold(page).focus()
    page.keyboard.press("Enter")
    assert not is_open(page)
    page.keyboard.press("Enter")
    assert is_open(page)
    page.keyboard.press("Tab")
    expect(card(page).get_by_role("link", name="Call 999")).to_be_focused()
    card(page).get_by_role("button", name="I am safe for now").focus()
    page.keyboard.press("Enter")
    expect(card(page)).to_have_attribute("data-level", "lowered")
    expect(fold(page)).to_be_focused()
    expect(fold(page)).to_be_visible()
    assert not is_open(page)
    page.reload()
    expect(card(page)).to_have_attribute("data-level", "lowered")
    assert not is_open(page)


def test_once_closed_the_same_reply_does_not_open_it_again(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice, **BRITISH)
    in_danger(page)
    fold(page).click()
    other = open_page(slow_server, slow_alice, path=page.url, **BRITISH)
    steps.connected(other)
    steps.say(other, "it hurts")
    expect(page.locator(".turn")).to_have_count(2, timeout=steps.SOON_MS)
    expect(page.locator(".care-fold")).to_have_attribute("open", "", timeout=5000)


def test_the_shield_opens_it_at_any_time(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice, **BRITISH)
    steps.connected(page)
    page.get_by_role("link", name="Help and helplines").press("Enter")
    expect(card(page)).to_be_visible()
    expect(fold(page)).to_be_focused()
    safe = card(page).get_by_role("button", name="I am safe for now")
    expect(safe).to_be_hidden()
    card(page).get_by_text("Breathe for one minute").click()
    expect(card(page).locator(".breath")).to_be_visible()


@SIZES
def test_without_scripts_it_works_too(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, size: dict
) -> None:
    plain = {"java_script_enabled": False, **BRITISH, **size}
    page = open_page(slow_server, slow_alice, **plain)
    steps.box(page).fill(DANGER)
    page.get_by_role("button", name="Send", exact=True).click()
    page.wait_for_url("**/c/*/#turn-*", timeout=25_000)
    expect(card(page).get_by_role("link", name="Call 999")).to_be_visible()
    expect(page.locator(".reply-text").last).to_have_text(texts.CARE["suicide"])
    card(page).get_by_role("button", name="I am safe for now").click()
    expect(card(page)).to_have_attribute("data-level", "lowered")
    expect(card(page).get_by_role("link", name="Call 999")).to_be_hidden()
    fold(page).click()
    expect(card(page).get_by_role("link", name="Call 999")).to_be_visible()
    page.get_by_role("link", name="Help and helplines").click()
    page.wait_for_url("**/safety/#helplines")


@SIZES
@SCHEMES
def test_the_page_fits(
    slow_server: LiveServer, open_page: OpenPage, size: dict, scheme: str
) -> None:
    page = open_page(
        slow_server, path="/safety/", **BRITISH, **size, color_scheme=scheme
    )
    expect(page.get_by_role("heading", name="How well it notices")).to_be_visible()
    expect(page.get_by_text("People who listen in the United Kingdom")).to_be_visible()
    assert page.evaluate(NO_SIDEWAYS)


def test_little_motion_means_none(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice, reduced_motion="reduce", **BRITISH)
    steps.connected(page)
    page.get_by_role("link", name="Help and helplines").click()
    card(page).get_by_text("Breathe for one minute").click()
    moving = """() => document.getAnimations()
      .filter(a => a.effect.getComputedTiming().duration > 1).length"""
    assert page.evaluate(moving) == 0
