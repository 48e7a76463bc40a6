"""By keyboard alone, and with an input method's own Enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import PHONE
from tests.faults.decoders import echo_of

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

FOCUSED = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  const ring = document.activeElement.matches("input[type=radio]")
    ? getComputedStyle(document.activeElement.nextElementSibling) : null;
  return {
    name: document.activeElement.getAttribute("aria-label")
      ?? document.activeElement.textContent.trim().replace(/\\s+/g, " "),
    id: document.activeElement.id,
    hasRing: (ring?.outlineStyle ?? outlineStyle) !== "none"
      && parseFloat(ring?.outlineWidth ?? outlineWidth) >= 1
      || document.activeElement.id === "text",
  };
}"""


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press until the element of this name has the focus; each stop must show it."""
    seen = []
    for _ in range(60):
        page.keyboard.press(key)
        focused = page.evaluate(FOCUSED)
        assert focused["hasRing"], focused
        seen.append(focused["name"])
        if focused["name"].startswith(name) or focused["id"] == name:
            return
    raise AssertionError(f"{name} is not reached: {seen}")


def test_all_that_the_page_does_is_done_without_a_mouse(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    expect(steps.box(page)).to_be_focused()
    page.keyboard.type("grey as the sea")
    page.keyboard.press("Enter")
    expect(steps.box(page)).to_be_focused()
    turn = steps.last_turn(page)
    steps.finished(turn)
    tab_to(page, "Write another reply", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(turn.locator(".versions-count")).to_have_text("2/2", timeout=steps.SOON_MS)
    steps.finished(turn)
    tab_to(page, "Wrong emotion?", "Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("4")
    expect(turn.locator(".correct-said")).to_have_text("You say Love")
    expect(turn.locator(".correct > summary")).to_be_focused()
    tab_to(page, "Rename or delete", "Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("New name")).to_be_focused()
    page.keyboard.type("Sea and sky")
    page.keyboard.press("Enter")
    expect(steps.row(page, "Sea and sky").locator(".row-link")).to_be_focused()


def test_skip_links_lead_past_the_list(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    # On a phone the box is not focused by itself: its keyboard would cover the page.
    page = open_page(live_server_process, alice, **PHONE)
    steps.connected(page)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the message box")).to_be_focused()
    expect(page.get_by_text("Skip to the message box")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(steps.box(page)).to_be_focused()


def test_shift_enter_is_a_new_line_and_the_box_grows_to_eight(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    steps.connected(page)
    heights = []
    for n_line in range(12):
        page.keyboard.type(f"line {n_line}")
        heights.append(steps.box(page).bounding_box()["height"])
        page.keyboard.press("Shift+Enter")
    assert heights[0] < heights[1] < heights[6]
    assert heights[7] == heights[11]
    assert page.locator(".turn").count() == 0


def test_enter_that_ends_a_composition_sends_nothing(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    steps.connected(page)
    steps.box(page).focus()
    method = page.context.new_cdp_session(page)
    method.send(
        "Input.imeSetComposition",
        {"text": "かなしい", "selectionStart": 4, "selectionEnd": 4},
    )
    for kind in ("keyDown", "keyUp"):
        method.send(
            "Input.dispatchKeyEvent",
            {
                "type": kind,
                "key": "Process",
                "code": "Enter",
                "windowsVirtualKeyCode": 229,
            },
        )
    page.evaluate(
        """() => document.getElementById("text").dispatchEvent(new KeyboardEvent(
             "keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))"""
    )
    page.wait_for_timeout(300)
    assert page.locator(".turn").count() == 0
    method.send("Input.insertText", {"text": "悲しい"})
    expect(steps.box(page)).to_have_value("悲しい")
    page.keyboard.press("Enter")
    expect(steps.last_turn(page).locator(".bubble")).to_have_text("悲しい")
    steps.finished(steps.last_turn(page))


def test_on_a_phone_enter_is_a_new_line(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice, **PHONE)
    steps.connected(page)
    steps.box(page).tap()
    page.keyboard.type("one")
    page.keyboard.press("Enter")
    page.keyboard.type("two")
    expect(steps.box(page)).to_have_value("one\ntwo")
    page.get_by_role("button", name="Send", exact=True).tap()
    turn = steps.last_turn(page)
    assert steps.finished(turn) == echo_of("one\ntwo")
    assert turn.locator(".bubble").inner_text() == "one\ntwo"


def test_the_counter_comes_late_and_stops_what_is_too_long(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    steps.connected(page)
    counter = page.locator("#counter")
    steps.box(page).fill("x" * 3199)
    expect(counter).to_be_hidden()
    steps.box(page).fill("😀" * 3200)
    expect(counter).to_have_text("3,200 / 4,000")
    steps.box(page).fill("x" * 4001)
    expect(counter).to_have_text("4,001 / 4,000")
    send = page.get_by_role("button", name="Send", exact=True)
    expect(send).to_be_disabled()
    steps.box(page).press("Enter")
    expect(steps.box(page)).to_have_value("x" * 4001)
