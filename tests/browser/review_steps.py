"""What staff do in the admin, in words; and the people for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Locator, Page, expect

from tests.browser import steps

if TYPE_CHECKING:
    from tests.server import LiveServer, Person

QUEUE = "/admin/chat/review/queue/"
SETS = "/admin/chat/review/sets/"
TEXTS = [
    "My sister forgot my birthday again and I am so angry.",
    "I am in love with this little town.",
    "The doctor calls tomorrow and I can not stop shaking.",
    "We won! I still can not believe it.",
    "I miss my grandmother every single day.",
    "They cut my hours without a word, and I am furious.",
    "What a wonderful evening, thank you all!",
    "I did not expect to get the job, and I did!",
    "I do not know what to say about the new house.",
    "Nobody talks to me at school and it hurts.",
]


def make_reviewer(server: LiveServer, person: Person, name: str = "Bob") -> None:
    """As `manage.py staff EMAIL reviewer` would."""
    with server.database() as connection:
        connection.execute(
            "UPDATE chat_user SET is_staff = true, display_name = %s WHERE id = %s",
            [name, person.id],
        )
        connection.execute(
            "INSERT INTO chat_user_groups (user_id, group_id)"
            " SELECT %s, id FROM auth_group WHERE name = 'reviewer'",
            [person.id],
        )


def consent(page: Page) -> None:
    page.goto("/settings/")
    page.get_by_role("checkbox", name="help to train").check()
    page.get_by_role("button", name="Save this choice").click()
    saved = page.get_by_text("Your choice is saved.")
    expect(saved).to_be_visible(timeout=steps.SOON_MS)


def write(page: Page, texts: list[str]) -> None:
    """Write them, all in one conversation, and wait for each reply."""
    page.goto("/")
    steps.connected(page)
    for text in texts:
        steps.finished(steps.say(page, text))


def give_reason(page: Page, reason: str, button: str) -> None:
    page.get_by_role("textbox", name="Reason").or_(
        page.get_by_role("textbox", name="labels for")
    ).or_(page.get_by_role("textbox", name="set for")).fill(reason)
    page.get_by_role("button", name=button, exact=True).click()


def asked(page: Page) -> Locator:
    return page.locator(".desk-asked .desk-text")


def number(page: Page) -> str:
    """The message that is shown now; "" where none waits."""
    form = page.locator("#review")
    shown = form.or_(page.get_by_text("Nothing waits for you"))
    expect(shown).to_be_visible(timeout=steps.SOON_MS)
    return form.get_attribute("data-message") or "" if form.count() else ""


def press(page: Page, *keys: str) -> None:
    """Press them as a person would, not in the first quarter of a second."""
    here = number(page)
    page.wait_for_load_state()  # the script listens from then on
    page.wait_for_timeout(400)
    for key in keys:
        page.keyboard.press(key)
    left = page.locator(f'#review[data-message="{here}"]')
    expect(left).to_have_count(0, timeout=steps.SOON_MS)
