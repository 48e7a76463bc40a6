"""A real Chromium against a real server. Every page is watched: an error in the
console, a violation of the content policy, a dialog or a failed request fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

if TYPE_CHECKING:
    from tests.server import LiveServer, Person

LAUNCH = {
    "executable_path": "/usr/bin/chromium",
    "args": [
        "--no-sandbox",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ],
}
DESK = {"viewport": {"width": 1440, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


# Not longer than a module: Playwright's event loop would be in the way of async tests.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**LAUNCH)
        yield chromium
        chromium.close()


@dataclass
class Watch:
    """What went wrong on any page of a test, but for what the test says it expects."""

    expected: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        page.on(
            "dialog", lambda dialog: self._note("error", f"dialog {dialog.message}")
        )

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.faults.append(text)

    def unexpected(self) -> list[str]:
        return [
            fault
            for fault in self.faults
            if not any(words in fault for words in self.expected)
        ]


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    assert watch.unexpected() == []


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, watch: Watch) -> Iterator[OpenPage]:
    """Open a page of `server`, signed in as `person` if one is given."""
    contexts: list[BrowserContext] = []

    def open_page(
        server: LiveServer, person: Person | None = None, path: str = "/", **options
    ) -> Page:
        context = browser.new_context(base_url=server.url, **{**DESK, **options})
        contexts.append(context)
        if person:
            cookie = {"name": "sessionid", "value": person.session_key}
            context.add_cookies([{**cookie, "url": server.url}])
        page = context.new_page()
        watch.over(page)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def slow_server(make_server: Callable[..., LiveServer]) -> LiveServer:
    """One whose replies take two seconds, so that there is time to act in between."""
    server = make_server(
        EMOCHAT_TEST_DECODER="tests.browser.decoders:held_echo",
        EMOCHAT_TEST_STEP_S="0.045",
    )
    server.env["EMOCHAT_TEST_STALL_FILE"] = str(stall_file(server))
    return server.start()


def stall_file(server: LiveServer) -> Path:
    return server.var_dir / "stall"


class People:
    """Signed-in people of one server, made a few at a time: each start of Django costs."""

    def __init__(self) -> None:
        self._left: dict[str, list[Person]] = {}

    def next(self, server: LiveServer) -> Person:
        left = self._left.setdefault(server.name, [])
        if not left:
            left.extend(server.people(12))
        return left.pop()


@pytest.fixture(scope="session")
def people() -> People:
    return People()


@pytest.fixture
def alice(people: People, live_server_process: LiveServer) -> Person:
    """Somebody new on the server with the shipped weights."""
    return people.next(live_server_process)


@pytest.fixture
def slow_alice(people: People, slow_server: LiveServer) -> Person:
    """Somebody new on the slow server."""
    return people.next(slow_server)
