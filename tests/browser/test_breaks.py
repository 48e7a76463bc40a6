"""The note that a break does good: when it comes, and that it is in nobody's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import steps
from tests.browser.conftest import PHONE
from tests.browser.test_narrow import STICKS_OUT

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

STEP_MIN = 20
COUNT_NOTES = """() => {
  window.nNotes = 0;
  new MutationObserver(changes => {
    for (const { addedNodes } of changes) window.nNotes += addedNodes.length;
  }).observe(document.getElementById("break"), { childList: true });
}"""
WROTE = "JSON.parse(localStorage.getItem('use') ?? '{}').wrote"
HIDE = """isHidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def chat(slow_server: LiveServer, slow_alice: Person, open_page: OpenPage) -> Page:
    return on_the_clock(open_page, slow_server, slow_alice)


def on_the_clock(
    open_page: OpenPage, server: LiveServer, person: Person, **options
) -> Page:
    """The chat page, whose time can be put forward."""
    page = open_page(server, person, "/safety/", **options)
    page.clock.install()
    page.goto("/")
    steps.connected(page)
    return page


def note(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="A break does good.")


def away(page: Page, minutes: int) -> None:
    page.clock.fast_forward(minutes * 60_000)


def use(page: Page, minutes: int) -> None:
    """Write a letter every twenty minutes, of which every tab hears before they begin."""
    for _ in range(minutes // STEP_MIN):
        steps.box(page).press_sequentially("a")
        for tab in page.context.pages:
            steps.until(tab, f"{WROTE} === {page.evaluate(WROTE)}")
        away(page, STEP_MIN)


def remind(page: Page, when: str) -> None:
    page.locator(".account > summary").click()
    page.get_by_text(when, exact=True).click()
    page.keyboard.press("Escape")


def test_it_comes_after_three_hours_and_again_after_three_more(chat: Page) -> None:
    chat.evaluate(COUNT_NOTES)
    for n in (1, 2):
        use(chat, 160)
        expect(note(chat)).to_be_hidden()
        use(chat, 20)
        expect(note(chat)).to_be_visible()
        expect(steps.box(chat)).to_be_focused()
        use(chat, 40)
        assert chat.evaluate("window.nNotes") == n  # a screen reader says it once
        steps.box(chat).press("Shift+Tab")
        expect(note(chat).get_by_role("button", name="OK")).to_be_focused()
        chat.keyboard.press("Shift+Tab")
        expect(note(chat).get_by_role("link")).to_be_focused()
        chat.keyboard.press("Tab")
        chat.keyboard.press("Enter")
        expect(note(chat)).to_be_hidden()
        expect(steps.box(chat)).to_be_focused()


def test_half_an_hour_without_writing_starts_anew(chat: Page) -> None:
    use(chat, 160)
    away(chat, 11)  # 31 minutes after the last letter
    use(chat, 160)
    expect(note(chat)).to_be_hidden()
    use(chat, 20)
    expect(note(chat)).to_be_visible()
    away(chat, 11)  # which was a break
    expect(note(chat)).to_be_hidden()


def test_time_in_which_the_page_can_not_be_seen_does_not_count(chat: Page) -> None:
    use(chat, 160)
    chat.evaluate(HIDE, True)
    away(chat, 5)
    chat.evaluate(HIDE, False)
    steps.box(chat).press_sequentially("a")
    away(chat, 19)
    expect(note(chat)).to_be_hidden()
    away(chat, 2)
    expect(note(chat)).to_be_visible()


def test_it_comes_when_the_person_wants_it(chat: Page) -> None:
    remind(chat, "Never")
    use(chat, 200)
    expect(note(chat)).to_be_hidden()
    chat.reload()
    chosen = chat.locator("#breaks input:checked")
    expect(chosen).to_have_value("0")
    use(chat, 20)
    expect(note(chat)).to_be_hidden()
    remind(chat, "Every 3 hours")
    expect(note(chat)).to_be_visible()
    note(chat).get_by_role("button", name="OK").click()
    remind(chat, "Every hour")
    use(chat, 40)
    expect(note(chat)).to_be_hidden()
    use(chat, 20)
    expect(note(chat)).to_be_visible()
    remind(chat, "Never")
    expect(note(chat)).to_be_hidden()


def test_two_tabs_count_once_and_are_answered_once(chat: Page) -> None:
    other = chat.context.new_page()
    other.goto("/")
    steps.connected(other)
    use(chat, 80)
    use(other, 80)
    expect(note(chat)).to_be_hidden()
    expect(note(other)).to_be_hidden()
    use(chat, 20)
    expect(note(chat)).to_be_visible()
    expect(note(other)).to_be_visible()
    other.reload()
    expect(note(other)).to_be_visible()
    note(other).get_by_role("button", name="OK").click()
    expect(note(other)).to_be_hidden()
    expect(note(chat)).to_be_hidden()
    chat.reload()
    steps.connected(chat)
    expect(note(chat)).to_be_hidden()


def test_a_reload_loses_nothing_of_the_count(chat: Page) -> None:
    use(chat, 100)
    chat.reload()
    use(chat, 60)
    expect(note(chat)).to_be_hidden()
    use(chat, 20)
    expect(note(chat)).to_be_visible()


@pytest.mark.parametrize("size", [{}, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_takes_its_room_from_the_conversation(
    slow_server: LiveServer,
    slow_alice: Person,
    open_page: OpenPage,
    size: dict,
    scheme: str,
) -> None:
    page = on_the_clock(open_page, slow_server, slow_alice, **size, color_scheme=scheme)
    send = steps.tap_say if size else steps.say
    steps.finished(send(page, "a long evening " * 30))
    use(page, 160)
    before = page.locator(".composer-box").bounding_box()
    use(page, 20)
    expect(note(page)).to_be_visible()
    expect(note(page)).to_be_in_viewport(ratio=1)
    after = page.locator(".composer-box").bounding_box()
    assert after["y"] == pytest.approx(before["y"], abs=0.5)
    assert page.evaluate(STICKS_OUT) == []
    expect(steps.last_turn(page).locator(".reply .reply-text")).to_be_in_viewport()
    assert note(page).evaluate("e => e.getAnimations({ subtree: true }).length") == 0
    ok = note(page).get_by_role("button", name="OK")
    assert ok.bounding_box()["height"] >= 44
    ok.tap() if size else ok.click()
    expect(note(page)).to_be_hidden()
    at_box = steps.box(page).evaluate("e => e === document.activeElement")
    assert at_box is not bool(size)  # a phone's keyboard stays down


def test_without_scripts_there_is_neither_note_nor_choice(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice, java_script_enabled=False)
    expect(note(page)).to_have_count(0)
    page.locator(".account > summary").click()
    expect(page.get_by_text("Your account")).to_be_visible()
    expect(page.get_by_text("Remind me to take a break")).to_be_hidden()
