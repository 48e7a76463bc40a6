"""*Explain* has a script of its own, fetched when somebody first asks for it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser import steps

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage, Watch
    from tests.server import LiveServer, Person

SCRIPT = re.compile(r"/chat/explain[^/]*\.js$")


@pytest.fixture
def page(live_server_process: LiveServer, alice: Person, open_page: OpenPage) -> Page:
    return open_page(live_server_process, alice)


def turn_to_explain(page: Page) -> Locator:
    steps.connected(page)
    turn = steps.say(page, steps.EXAMPLE)
    steps.finished(turn)
    turn.locator(".emotion > summary").first.click()
    return turn


def test_it_is_fetched_once_and_waited_for(page: Page) -> None:
    fetched: list[str] = []

    def slowly(route: Route) -> None:
        fetched.append(route.request.url)
        time.sleep(1.5)
        route.continue_()

    page.route(SCRIPT, slowly)
    page.reload()
    turn = turn_to_explain(page)
    assert fetched == []
    for _ in range(2):
        steps.explain(turn)
        turn.get_by_role("button", name="Close the explanation").click()
    assert len(fetched) == 1


def test_where_it_does_not_arrive_the_person_is_told(page: Page, watch: Watch) -> None:
    watch.expected.append("ERR_FAILED")
    page.route(SCRIPT, lambda route: route.abort())
    turn = turn_to_explain(page)
    turn.get_by_role("button", name="Explain", exact=True).first.click()
    expect(page.get_by_role("alert").filter(has_text="No connection")).to_be_visible()
    page.unroute(SCRIPT)
    steps.explain(turn)
