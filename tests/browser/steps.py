"""What a person does and sees on the chat page, in words."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, Page, expect

EXAMPLE = "I am feeling so tired and depressed. What should I do?"
SOON_MS = 15_000

RECORD_GROWTH = """() => {
  window.grown = [];
  window.sawWait = false;
  new MutationObserver(() => {
    const wait = [...document.querySelectorAll(".reply-wait")].at(-1);
    window.sawWait ||= wait?.checkVisibility() ?? false;
    const text = [...document.querySelectorAll(".reply-text")].at(-1)?.textContent ?? "";
    if (text && text !== window.grown.at(-1)) window.grown.push(text);
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your message")


def connected(page: Page) -> None:
    expect(page.locator("#connection")).to_have_attribute(
        "data-state", "online", timeout=SOON_MS
    )


def say(page: Page, text: str) -> Locator:
    """Write and send; return the turn that it became."""
    box(page).fill(text)
    box(page).press("Enter")
    return last_turn(page)


def tap_say(page: Page, text: str) -> Locator:
    """As on a phone, whose Enter is a new line."""
    box(page).fill(text)
    page.get_by_role("button", name="Send", exact=True).tap()
    return last_turn(page)


def last_turn(page: Page) -> Locator:
    return page.locator(".turn").last


def reply_of(turn: Locator) -> Locator:
    return turn.locator(".reply")


def in_state(turn: Locator, state: str) -> None:
    expect(reply_of(turn)).to_have_attribute(
        "data-state", re.compile(f"^({state})$"), timeout=SOON_MS
    )


def finished(turn: Locator) -> str:
    """Wait for the reply's end; return its words."""
    in_state(turn, "done|stopped|failed")
    return turn.locator(".reply .reply-text").inner_text()


def writing(turn: Locator) -> None:
    """Wait until the first words are there and more are to come."""
    in_state(turn, "running")
    expect(turn.locator(".reply .reply-text")).not_to_be_empty(timeout=SOON_MS)


def explain(turn: Locator) -> None:
    """Ask why it was read so, in the open chip, and wait for the words."""
    turn.get_by_role("button", name="Explain", exact=True).first.click()
    expect(turn.locator(".explain-found")).to_be_visible(timeout=SOON_MS)


def until(page: Page, expression: str) -> None:
    """Wait until it is true; Playwright's own way is against the page's policy."""
    deadline = time.monotonic() + SOON_MS / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def texts(page: Page) -> list[tuple[str, str]]:
    """All that the thread says: each message with its reply."""
    pairs = page.locator(".turn").evaluate_all(
        """turns => turns.map(turn => [
             turn.querySelector(".bubble").textContent,
             turn.querySelector(".reply .reply-text").textContent])"""
    )
    return [(message, reply) for message, reply in pairs]


def row(page: Page, title: str) -> Locator:
    return page.locator(".row").filter(has_text=title)


def row_menu(page: Page, title: str, item: str) -> None:
    found = row(page, title)
    found.hover()
    found.locator("summary").click()
    found.get_by_role("button", name=item, exact=True).click()
