"""A lost line: the banner says so, the text is safe, and it is sent once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import steps
from tests.faults.decoders import echo_of

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage, Watch
    from tests.server import LiveServer, Person

NO_SERVER = (
    "WebSocket connection to",
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",  # what was on its way when the server was killed
)


def n_messages(server: LiveServer, text: str) -> int:
    with server.database() as connection:
        query = "SELECT count(*) FROM chat_message WHERE text = %s"
        found = connection.execute(query, [text]).fetchone()
    assert found
    return found[0]


def test_what_is_written_offline_is_sent_once_when_the_line_is_back(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected.extend(NO_SERVER)
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    steps.finished(steps.say(page, "before the storm"))
    slow_server.kill()
    expect(page.locator("#banner")).to_contain_text("Your text is safe", timeout=10_000)
    turn = steps.say(page, "written in the storm")
    expect(turn.get_by_text("Will be sent when the line is back")).to_be_visible()
    expect(page.locator("#connection")).to_contain_text("(1)")
    slow_server.start()
    steps.connected(page)
    expect(page.locator("#banner")).to_be_hidden()
    assert steps.finished(turn) == echo_of("written in the storm")
    assert n_messages(slow_server, "written in the storm") == 1
    expect(page.get_by_text("Will be sent when the line is back")).to_be_hidden()
    page.reload()
    assert [said for said, _ in steps.texts(page)] == [
        "before the storm",
        "written in the storm",
    ]


def test_a_closed_tab_loses_nothing(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, watch: Watch
) -> None:
    """Nor does a new conversation that the server never heard of."""
    watch.expected.extend(NO_SERVER)
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    slow_server.kill()
    for text in ("first of a new one", "second of a new one"):
        steps.say(page, text)
    expect(page.get_by_text("Will be sent when the line is back")).to_have_count(2)
    page.close()
    slow_server.start()
    tab = page.context.new_page()
    tab.goto(slow_server.url)
    steps.connected(tab)
    expect(tab.locator(".turn")).to_have_count(2)
    steps.finished(steps.last_turn(tab))
    tab.reload()
    said = [message for message, _ in steps.texts(tab)]
    assert said == ["first of a new one", "second of a new one"]
    for text in said:
        assert n_messages(slow_server, text) == 1


def test_a_reply_that_lost_its_process_still_comes(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage, watch: Watch
) -> None:
    watch.expected.extend(NO_SERVER)
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    turn = steps.say(page, "then the lights went out")
    steps.writing(turn)
    slow_server.kill()
    slow_server.start()
    steps.connected(page)
    expect(steps.reply_of(turn)).to_have_attribute("data-state", "done", timeout=40_000)
    assert steps.finished(turn) == echo_of("then the lights went out")


def test_a_draft_outlives_a_reload_and_belongs_to_its_conversation(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    steps.finished(steps.say(page, "a first message"))
    address = page.url
    steps.box(page).fill("half a thought")
    page.goto("/")
    expect(steps.box(page)).to_have_value("")
    page.goto(address)
    expect(steps.box(page)).to_have_value("half a thought")


def test_signing_out_elsewhere_closes_the_page(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice)
    steps.connected(page)
    other = page.context.new_page()
    other.goto(slow_server.url)
    steps.connected(other)
    other.locator(".account > summary").click()
    other.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
