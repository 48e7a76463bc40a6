"""A conversation longer than one page of turns."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import steps

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

N_MESSAGES = 120


def long_conversation(server: LiveServer, person: Person) -> str:
    """Write straight into the tables: sending them all would take a minute."""
    conversation = str(uuid.uuid4())
    with server.database() as connection:
        connection.execute(
            """INSERT INTO chat_conversation
                 (id, user_id, title, classifiers, last_seq, created_at, updated_at)
               VALUES (%s, %s, 'A long one', '{bert}', %s, now(), now())""",
            [conversation, person.id, N_MESSAGES],
        )
        connection.execute(
            """INSERT INTO chat_message
                 (id, user_id, conversation_id, seq, rev, text, classifiers, created_at)
               SELECT gen_random_uuid(), %s, %s, n, n, 'message ' || n, '{bert}', now()
               FROM generate_series(1, %s) AS n""",
            [person.id, conversation, N_MESSAGES],
        )
    return conversation


def messages(page) -> list[str]:
    return page.locator(".bubble").all_text_contents()


def numbered(first: int, last: int) -> list[str]:
    return [f"message {n}" for n in range(first, last + 1)]


def test_earlier_messages_come_in_above(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    conversation = long_conversation(live_server_process, alice)
    page = open_page(live_server_process, alice, f"/c/{conversation}/")
    steps.connected(page)
    assert messages(page) == numbered(71, 120)
    expect(page.get_by_text("message 120", exact=True)).to_be_in_viewport()
    earlier = page.get_by_role("link", name="Earlier messages")
    earlier.click()
    expect(page.locator(".turn")).to_have_count(100)
    assert messages(page) == numbered(21, 120)
    expect(page.get_by_text("message 71", exact=True)).to_be_in_viewport()
    earlier.scroll_into_view_if_needed()
    earlier.click()
    expect(page.locator(".turn")).to_have_count(120)
    expect(earlier).to_be_hidden()
    turn = steps.say(page, "and one more")
    steps.finished(turn)
    assert messages(page) == [*numbered(1, 120), "and one more"]


def test_without_scripts_they_are_a_page_of_their_own(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    conversation = long_conversation(live_server_process, alice)
    page = open_page(
        live_server_process, alice, f"/c/{conversation}/", java_script_enabled=False
    )
    seen = messages(page)
    for _ in range(2):
        page.get_by_role("link", name="Earlier messages").click()
        page.wait_for_load_state()
        seen = [*messages(page), *seen]
    assert seen == numbered(1, 120)
    expect(page.get_by_role("link", name="Earlier messages")).to_be_hidden()


@pytest.mark.parametrize("before", ["0", "-1", "x", "99999999999999", "٣"])
def test_an_odd_address_is_no_error(
    live_server_process: LiveServer, alice: Person, before: str
) -> None:
    conversation = long_conversation(live_server_process, alice)
    cookies = {"sessionid": alice.session_key}
    answer = live_server_process.get(
        f"/c/{conversation}/?before={before}", cookies=cookies
    )
    assert answer.status_code == 200
