"""Whatever people write is text: in a message, in its reply, in a title, in a name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.faults.decoders import echo_of

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

# Our own one link in a turn says when a classifier is sure.
FOREIGN = ".turn :is(script, img, iframe, a:not([href='/models/']), form, style)"
CORPUS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "\"><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "javascript:alert(1)//",
    "{{constructor.constructor('alert(1)')()}} ${alert(1)} <%= 1 %>",
    "<a href='javascript:alert(1)' style='position:fixed;inset:0'>x</a>",
    "<style>body{display:none}</style>",
    "<form action='https://example.org'><input name=x autofocus>",
    "\u202egnp.exe \u2066hidden\u2069 ‏",
    "&lt;b&gt; &amp;amp; <!-- -->",
]


@pytest.mark.parametrize("has_scripts", [True, False], ids=["live", "plain"])
def test_it_is_shown_as_it_was_written(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, has_scripts: bool
) -> None:
    """The slow server's replies repeat the message: both sides say it."""
    page = open_page(slow_server, slow_alice, java_script_enabled=has_scripts)
    text = "\n".join(CORPUS)
    if has_scripts:
        steps.connected(page)
        steps.box(page).fill(text)
        page.get_by_role("button", name="Send", exact=True).click()
        steps.finished(steps.last_turn(page))
    else:
        steps.box(page).fill(text)
        page.get_by_role("button", name="Send", exact=True).click()
        page.wait_for_url("**/c/*/#turn-*", timeout=25_000)
    for _ in range(2):
        said, replied = page.locator(".bubble, .reply .reply-text").all()
        assert said.text_content() == text
        assert replied.text_content() == echo_of(text)
        assert page.locator(FOREIGN).count() == 0
        expect(page.locator(".topbar-title")).to_have_text(CORPUS[0])
        assert page.locator(".row-title").first.text_content() == CORPUS[0]
        page.reload()


def test_a_title_is_text(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    steps.connected(page)
    steps.finished(steps.say(page, "a harmless beginning"))
    title = "a harmless beginning"
    for hostile in CORPUS[:7]:
        steps.row_menu(page, title, "Rename")
        page.get_by_label("New name").fill(hostile)
        page.keyboard.press("Enter")
        title = hostile
        expect(page.locator(".topbar-title")).to_have_text(title)
        assert page.title() == f"{title} · emochat"
    page.locator("#search").fill("<script>")
    expect(page.locator(".rows-empty")).to_be_visible()
    page.locator("#search").fill("")
    steps.row_menu(page, title, "Delete")
    expect(page.locator(".toast-words")).to_have_text(f"Deleted “{title}”.")
    page.wait_for_url(re.compile(r"/$"))
    expect(page.locator(".toast-words")).to_have_text(f"Deleted “{title}”.")


def test_the_policy_forbids_what_is_inline(
    live_server_process: LiveServer, alice: Person
) -> None:
    for cookies in ({}, {"sessionid": alice.session_key}):
        answer = live_server_process.get("/", cookies=cookies)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src 'self' 'nonce-" in policy
        assert " style=" not in answer.text
        assert " onclick=" not in answer.text
