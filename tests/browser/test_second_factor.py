"""A person turns two-factor sign-in on, signs in with it, and turns it off again."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.accounts.second_factor import code_of
from tests.browser.conftest import DESK, PHONE
from tests.server import START_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.conftest import OpenPage, People
    from tests.server import LiveServer, Person

# Where pictures of its pages are wanted.
PICTURES = os.environ.get("EMOCHAT_TEST_PICTURES", "")
QR_IS_DRAWN = "document.querySelector('.qr').naturalWidth > 0"
TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def offering(make_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    server = make_server(
        EMOCHAT_MFA="true",
        EMOCHAT_TEST_DECODER="tests.fakes:scripted_generator",
        EMOCHAT_CLASSIFIERS="distilbert",
    )
    server.start_until("Starting the engine")  # none of these pages needs it
    until_it_answers(server)
    yield server
    server.stop()


def until_it_answers(server: LiveServer) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            server.get("/livez")
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("nobody listens")


def give_password(page: Page, person: Person) -> None:
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def look(page: Page, name: str, heading: str) -> None:
    """It has come, and is not wider than its window, in either theme."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    width = page.viewport_size["width"] if page.viewport_size else 0
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert not page.evaluate(TOO_WIDE), (name, width)
        if PICTURES:
            file = Path(PICTURES) / f"mfa-{name}-{width}-{scheme}.png"
            page.screenshot(path=file, full_page=True)


@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
def test_on_asked_off(
    offering: LiveServer, people: People, open_page: OpenPage, window: dict
) -> None:
    person = people.next(offering)
    page = open_page(offering, path="/accounts/login/?next=/settings/", **window)
    give_password(page, person)
    page.get_by_role("link", name="Set up two-factor sign-in").click()
    look(page, "off", "Two-factor sign-in")
    page.get_by_role("link", name="Set it up").click()
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Yes, it is me").click()
    look(page, "set-up", "Set up your app")
    assert page.evaluate(QR_IS_DRAWN)
    secret = page.locator("#secret").inner_text()
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Turn it on").click()

    look(page, "codes", "Recovery codes")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert all(code in download.value.path().read_text() for code in codes)
    page.get_by_role("link", name="Done").click()
    look(page, "on", "Two-factor sign-in")
    page.goto("/settings/")
    look(page, "settings", "Settings")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{offering.url}/")

    page.goto("/accounts/login/?next=/settings/")
    give_password(page, person)
    look(page, "asked", "And now the code")
    page.get_by_label("Code").fill("0000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator(".errorlist")).to_have_text("Incorrect code.")
    look(page, "refused", "And now the code")
    page.get_by_label("Code").fill(code_of(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()

    page.get_by_role("link", name="Manage two-factor sign-in").click()
    page.get_by_role("link", name="Turn off").click()
    look(page, "once-more", "Is it you?")
    page.get_by_role("link", name="authenticator").click()
    expect(page.get_by_label("Code")).to_be_visible()
    look(page, "once-more-code", "Is it you?")
    page.get_by_label("Code").fill(codes[0])
    page.get_by_role("button", name="Yes, it is me").click()
    look(page, "turn-off", "Turn it off?")
    page.get_by_role("button", name="Turn it off").click()
    expect(page.get_by_role("status")).to_have_text("Two-factor sign-in is off.")
