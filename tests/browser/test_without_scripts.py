"""Without scripts history can be read, and a message sent by a form post."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.faults.decoders import echo_of

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage, Watch
    from tests.server import LiveServer, Person

PLAIN = {"java_script_enabled": False}


def post(page: Page, text: str) -> None:
    steps.box(page).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def test_a_message_is_sent_and_answered(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice, **PLAIN)
    post(page, steps.EXAMPLE)
    page.wait_for_url("**/c/*/#turn-*", timeout=25_000)
    turn = page.locator(".turn")
    expect(turn.locator(".bubble")).to_have_text(steps.EXAMPLE)
    expect(turn.locator(".emotion > summary")).to_contain_text("Sadness")
    expect(turn.locator(".reply .reply-text")).not_to_be_empty()
    turn.locator(".emotion > summary").click()
    expect(turn.locator(".bar-row")).to_have_count(6)
    expect(turn.locator(".bars")).to_be_visible()
    expect(steps.row(page, steps.EXAMPLE[:20])).to_be_visible()
    assert page.locator(".needs-script:visible").count() == 0


def test_the_post_waits_for_the_whole_reply(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice, **PLAIN)
    post(page, "slow and steady")
    page.wait_for_url("**/c/*/#turn-*", timeout=25_000)
    expect(page.locator(".reply .reply-text")).to_have_text(echo_of("slow and steady"))


def test_pressing_send_twice_stores_it_once(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice, **PLAIN)
    steps.box(page).fill("only once, please")
    page.get_by_role("button", name="Send", exact=True).dblclick()
    page.wait_for_url("**/c/*/#turn-*", timeout=25_000)
    expect(page.locator(".turn")).to_have_count(1)
    with slow_server.database() as connection:
        query = "SELECT count(*) FROM chat_message WHERE text = %s"
        assert connection.execute(query, ["only once, please"]).fetchone() == (1,)


@pytest.mark.parametrize(
    ("text", "words", "status"),
    [
        ("   ", "Write something first.", 400),
        ("x" * 4001, "That is too long", 400),
    ],
)
def test_what_is_wrong_is_said_and_the_text_is_kept(
    live_server_process: LiveServer,
    alice: Person,
    open_page: OpenPage,
    watch: Watch,
    text: str,
    words: str,
    status: int,
) -> None:
    watch.expected.append("Failed to load resource")
    page = open_page(live_server_process, alice, **PLAIN)
    steps.box(page).fill(text)
    with page.expect_response("**/send/") as caught:
        page.get_by_role("button", name="Send", exact=True).click()
    assert caught.value.status == status
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(steps.box(page)).to_have_value(text)


def test_search_works_too(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice, **PLAIN)
    post(page, "the lighthouse keeper wrote me")
    page.wait_for_url("**/c/*/#turn-*", timeout=25_000)
    page.locator("#search").fill("lighthouse")
    page.locator("#search").press("Enter")
    page.wait_for_url("**?q=lighthouse*")
    expect(page.locator(".row")).to_have_count(1)
    page.locator("#search").fill("submarine")
    page.locator("#search").press("Enter")
    page.wait_for_url("**?q=submarine*")
    expect(page.get_by_text("Nothing found for “submarine”.")).to_be_visible()
