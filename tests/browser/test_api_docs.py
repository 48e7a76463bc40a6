"""The page that shows the API: everything from us, nothing that the policy refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person


def test_it_shows_the_operations_and_tries_one(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    """The fixture fails it for any violation of the content policy."""
    page = open_page(live_server_process, alice, "/api/docs/")
    expect(page.locator(".opblock").first).to_be_visible(timeout=60_000)
    assert page.locator(".opblock").count() >= 25
    me = page.locator("#operations-me-me_read")
    me.locator(".opblock-summary-control").click()
    me.get_by_role("button", name="Try it out").click()
    me.get_by_role("button", name="Execute").click()
    live = me.locator(".live-responses-table")
    expect(live).to_contain_text(alice.email, timeout=60_000)
