"""Words as they arrive: seen before the next is computed, never lost, never doubled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import PHONE, stall_file
from tests.faults.decoders import echo_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

TEXT = "the sea was grey and very quiet"


@pytest.fixture
def stall(slow_server: LiveServer) -> Iterator[Path]:
    file = stall_file(slow_server)
    file.touch()
    yield file
    file.unlink(missing_ok=True)


def test_four_words_are_seen_while_the_fifth_is_not_computed(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, stall: Path
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    turn = steps.say(page, TEXT)
    four = " ".join(echo_of(TEXT).split()[:4])
    shown = turn.locator(".reply .reply-text")
    expect(shown).to_have_text(four, timeout=steps.SOON_MS)
    page.wait_for_timeout(700)
    expect(shown).to_have_text(four)
    steps.in_state(turn, "running")
    stall.unlink()
    assert steps.finished(turn) == echo_of(TEXT)


def test_a_reload_goes_on_where_it_was(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    steps.writing(steps.say(page, TEXT))
    for _ in range(3):
        page.reload()
        turn = steps.last_turn(page)
        assert echo_of(TEXT).startswith(turn.locator(".reply .reply-text").inner_text())
    assert steps.finished(turn) == echo_of(TEXT)
    assert steps.texts(page) == [(TEXT, echo_of(TEXT))]


def test_stop_ends_the_reply_and_keeps_its_words(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, stall: Path
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    turn = steps.say(page, TEXT)
    steps.writing(turn)
    page.get_by_role("button", name="Stop the reply").click()
    steps.in_state(turn, "stopped")
    said = steps.finished(turn)
    assert said
    assert echo_of(TEXT).startswith(said)
    assert said != echo_of(TEXT)
    expect(turn.get_by_text("You stopped this reply.")).to_be_visible()
    stall.unlink()  # would go on, were it not stopped
    page.wait_for_timeout(500)
    assert steps.finished(turn) == said
    page.reload()
    assert steps.texts(page) == [(TEXT, said)]


def test_escape_stops_too(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, stall: Path
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    turn = steps.say(page, TEXT)
    steps.writing(turn)
    page.keyboard.press("Escape")
    steps.in_state(turn, "stopped")


def test_a_second_tab_and_a_second_device_see_the_same(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    steps.writing(steps.say(page, TEXT))
    page.wait_for_url("**/c/*/")
    tab = page.context.new_page()
    tab.goto(page.url)
    phone = open_page(slow_server, slow_alice, page.url, **PHONE)
    for other in (tab, phone):
        steps.connected(other)
    steps.tap_say(phone, "and from the phone this")
    pages = (page, tab, phone)
    for one in pages:
        expect(one.locator(".turn")).to_have_count(2, timeout=steps.SOON_MS)
        steps.finished(steps.last_turn(one))
    seen = [steps.texts(one) for one in pages]
    assert seen[0] == seen[1] == seen[2]
    assert [message for message, _ in seen[0]] == [TEXT, "and from the phone this"]


def test_messages_wait_their_turn(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, stall: Path
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    for text in ("one", "two", "three"):
        steps.say(page, text)
    expect(page.get_by_text("Waiting for the reply before this one")).to_have_count(
        2, timeout=steps.SOON_MS
    )
    stall.unlink()
    for turn in page.locator(".turn").all():
        steps.finished(turn)
    expected = [(text, echo_of(text)) for text in ("one", "two", "three")]
    assert steps.texts(page) == expected


def test_a_refused_message_can_be_taken_back(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, stall: Path
) -> None:
    """One reply is written and five wait: the seventh message is too many."""
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    for n in range(1, 8):
        steps.say(page, f"message {n}")
    turn = steps.last_turn(page)
    expect(turn).to_have_attribute("data-state", "failed", timeout=steps.SOON_MS)
    expect(turn.get_by_text("Five messages are waiting")).to_be_visible()
    turn.get_by_role("button", name="Take it back").click()
    expect(page.locator(".turn")).to_have_count(6)
    expect(steps.box(page)).to_have_value("message 7")
    page.reload()
    expect(page.locator(".turn")).to_have_count(6)
    expect(steps.box(page)).to_have_value("message 7")


def test_one_status_node_announces_boundaries_and_not_every_word(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    assert page.locator("[role=log]").get_attribute("aria-live") == "off"
    page.evaluate(
        """() => {
          window.said = [];
          const node = document.getElementById("announcer");
          new MutationObserver(() => window.said.push(node.textContent))
            .observe(node, { childList: true, characterData: true, subtree: true });
        }"""
    )
    steps.finished(steps.say(page, TEXT))
    steps.until(page, "window.said.join(' ').includes('Reply:')")
    said = page.evaluate("window.said")
    together = " ".join(said)
    for words in (
        "Message sent.",
        "Read as ",
        "Reply started.",
        f"Reply: {echo_of(TEXT)}",
    ):
        assert words in together
    assert len(said) <= 5, said
