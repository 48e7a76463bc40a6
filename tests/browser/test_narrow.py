"""At 390 px, and with a phone's keyboard up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import PHONE

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

STICKS_OUT = """() => [...document.querySelectorAll("body *")]
  .filter(e => e.checkVisibility() && !e.closest(".sr-only, .skip-link, .sprite, svg"))
  .filter(e => { const box = e.getBoundingClientRect();
                 return box.width && (box.right > innerWidth + 0.5 || box.left < -0.5); })
  .map(e => e.className || e.tagName)"""


def nothing_sticks_out(page: Page) -> None:
    assert page.evaluate(STICKS_OUT) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/signup/"])
def test_pages_before_sign_in_fit(
    live_server_process: LiveServer, open_page: OpenPage, path: str
) -> None:
    nothing_sticks_out(open_page(live_server_process, None, path, **PHONE))


def test_the_chat_fits_whatever_is_open(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice, **PHONE)
    steps.connected(page)
    nothing_sticks_out(page)
    steps.finished(steps.tap_say(page, "unbreakable" * 30))
    turn = steps.last_turn(page)
    for summary in (".emotion > summary", ".correct > summary"):
        turn.locator(summary).tap()
        page.wait_for_timeout(300)
        nothing_sticks_out(page)
    page.locator(".picker > summary").tap()
    nothing_sticks_out(page)


def test_the_list_is_a_drawer(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice, **PHONE)
    steps.connected(page)
    steps.finished(steps.tap_say(page, "something for the list"))
    expect(page.locator(".row")).to_be_hidden()
    page.get_by_role("button", name="Show your conversations").tap()
    expect(steps.row(page, "something for the list")).to_be_visible()
    page.wait_for_timeout(300)
    nothing_sticks_out(page)
    page.keyboard.press("Escape")
    expect(page.locator(".row")).to_be_hidden()
    page.get_by_role("button", name="Show your conversations").tap()
    page.get_by_role("link", name="Close the list").tap()
    expect(page.locator(".row")).to_be_hidden()


def test_targets_are_large_and_the_box_does_not_zoom(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice, **PHONE)
    steps.connected(page)
    steps.finished(steps.tap_say(page, "how large is large enough"))
    assert (
        steps.box(page).evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 16
    )
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, summary, a.icon-button")]
          .filter(e => e.checkVisibility())
          .map(e => [e.ariaLabel ?? e.textContent.trim(), e.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24)
          .map(([name]) => name)"""
    )
    assert small == []
    for name in ("Send", "Show your conversations"):
        place = page.get_by_role("button", name=name, exact=True).bounding_box()
        assert place
        assert min(place["width"], place["height"]) >= 44


def test_the_box_stays_above_the_keyboard(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    """`interactive-widget=resizes-content`: the keyboard takes height from the page."""
    page = open_page(live_server_process, alice, **PHONE)
    steps.connected(page)
    viewport = page.locator("meta[name=viewport]").get_attribute("content")
    assert viewport
    assert "interactive-widget=resizes-content" in viewport
    assert "viewport-fit=cover" in viewport
    for n in range(5):
        steps.finished(steps.tap_say(page, f"message number {n}"))
    page.set_viewport_size({"width": 390, "height": 480})
    box = page.locator(".composer-box").bounding_box()
    assert box
    assert box["y"] + box["height"] <= 480
    expect(steps.last_turn(page).locator(".reply .reply-text")).to_be_in_viewport()
