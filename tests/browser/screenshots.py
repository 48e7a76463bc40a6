"""Take the pictures of README: `python -m tests.browser.screenshots [FOLDER]`.

A real server with the shipped weights, a new person, real replies.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import steps
from tests.browser.conftest import LAUNCH
from tests.server import ROOT, LiveServer, Person

FOLDER = ROOT / "docs" / "screenshots"
SIZES = {1440: 900, 390: 844}
EARLIER = [
    "My sister forgot my birthday again.",
    "I am in love with this little town.",
    "They cut my hours without a word, and I am furious.",
    "The doctor calls tomorrow and I can not stop shaking.",
    "We won! I still can not believe it.",
]
DAYS_AGO = [0, 1, 3, 3, 40]
THREAD = [
    "I did not expect to get the job, and I did!",
    steps.EXAMPLE,
]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    server = start_server()
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(**LAUNCH)
            take_all(chromium, server, folder)
            chromium.close()
    finally:
        server.stop()


def start_server() -> LiveServer:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emochat.settings")
    django.setup()
    from django.conf import settings

    from emochat.embedded_postgres.server import ensure_running

    socket_dir = ensure_running(settings.EMBEDDED_POSTGRES_DIR)
    return LiveServer(socket_dir, Path(tempfile.mkdtemp(prefix="emochat-"))).start()


def take_all(chromium: Browser, server: LiveServer, folder: Path) -> None:
    (alice,) = server.people(1)
    conversation = write_history(chromium, server, alice)
    for width in SIZES:
        for scheme in ("light", "dark"):
            page = open_page(chromium, server, width, scheme)
            page.goto("/")
            take(page, folder / f"landing-{width}-{scheme}.png")
            page.goto("/accounts/login/")
            take(page, folder / f"sign-in-{width}-{scheme}.png")
            sign_in(page, server, alice)
            page.goto(conversation)
            steps.connected(page)
            page.locator(".turn").last.locator(".emotion > summary").click()
            take(page, folder / f"chat-{width}-{scheme}.png")
            steps.explain(steps.last_turn(page))
            take(page, folder / f"explained-{width}-{scheme}.png")
            page.goto("/models/")
            take(page, folder / f"models-{width}-{scheme}.png")
            page.context.close()


def open_page(chromium: Browser, server: LiveServer, width: int, scheme: str) -> Page:
    is_phone = width < 760
    context = chromium.new_context(
        base_url=server.url,
        viewport={"width": width, "height": SIZES[width]},
        color_scheme=scheme,
        device_scale_factor=2 if is_phone else 1,
        has_touch=is_phone,
        is_mobile=is_phone,
    )
    return context.new_page()


def sign_in(page: Page, server: LiveServer, person: Person) -> None:
    cookie = {"name": "sessionid", "value": person.session_key, "url": server.url}
    page.context.add_cookies([cookie])


def take(page: Page, path: Path) -> None:
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    print(path.name)


def write_history(chromium: Browser, server: LiveServer, person: Person) -> str:
    """Write the conversations; return the path of the one to show."""
    page = open_page(chromium, server, 1440, "light")
    sign_in(page, server, person)
    for text in reversed(EARLIER):
        page.goto("/")
        steps.connected(page)
        steps.finished(steps.say(page, text))
    page.goto("/")
    steps.connected(page)
    for text in THREAD:
        steps.finished(steps.say(page, text))
    spread_over_days(server)
    path = page.url.removeprefix(server.url)
    page.context.close()
    return path


def spread_over_days(server: LiveServer) -> None:
    with server.database() as connection:
        for title, days in zip(EARLIER, DAYS_AGO, strict=True):
            connection.execute(
                "UPDATE chat_conversation SET updated_at = updated_at"
                " - make_interval(days => %s) WHERE title = %s",
                [days, title],
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
