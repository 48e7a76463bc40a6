"""Take the pictures of docs/review.md: `python -m tests.browser.admin_screenshots [FOLDER]`.

A real server with the shipped weights and a person's real conversation, among some
thousand made-up messages, so that the dashboard has something to tell.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import review_steps as desk
from tests.browser.conftest import LAUNCH
from tests.browser.screenshots import FOLDER, SIZES, open_page, sign_in, start_server
from tests.server import ROOT

if TYPE_CHECKING:
    from tests.server import LiveServer

N_MADE_UP = 6_000
WHY = "a complaint about a reply"


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


def take_all(chromium: Browser, server: LiveServer, folder: Path) -> None:
    alice, bob = server.people(2)
    desk.make_reviewer(server, bob)
    make_up(server)
    person = open_page(chromium, server, 1440, "light")
    sign_in(person, server, alice)
    desk.consent(person)
    desk.write(person, desk.TEXTS[:5])
    conversation = person.url.rstrip("/").rsplit("/", 1)[-1]
    person.context.close()
    for width in SIZES:
        for scheme in ("light", "dark"):
            page = open_page(chromium, server, width, scheme)
            sign_in(page, server, bob)
            for name, open_it in PAGES.items():
                open_it(page, conversation)
                take(page, folder / f"admin-{name}-{width}-{scheme}.png")
            page.context.close()


def make_up(server: LiveServer) -> None:
    command = ["manage.py", "make_messages", str(N_MADE_UP), "--among-people"]
    subprocess.run([sys.executable, *command], cwd=ROOT, env=server.env, check=True)


def show_dashboard(page: Page, conversation: str) -> None:
    page.goto("/admin/")


def show_list(page: Page, conversation: str) -> None:
    page.goto("/admin/chat/conversation/")


def show_transcript(page: Page, conversation: str) -> None:
    page.goto(f"/admin/chat/conversation/{conversation}/read/")
    if page.locator("#reason").count():
        desk.give_reason(page, WHY, "Record the reason and read")
    page.locator(".desk-chip").first.click()


def show_queue(page: Page, conversation: str) -> None:
    page.goto(desk.QUEUE)
    if page.locator("#reason").count():
        desk.give_reason(page, "first round of labels", "Start")


PAGES = {
    "dashboard": show_dashboard,
    "list": show_list,
    "transcript": show_transcript,
    "queue": show_queue,
}


def take(page: Page, path: Path) -> None:
    page.wait_for_timeout(600)
    page.screenshot(path=path)
    print(path.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
