"""*Explain* on the chat page: words tinted, by mouse, keyboard, touch and screen reader."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import review_steps as desk
from tests.browser import steps
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_narrow import nothing_sticks_out

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage, People, Watch
    from tests.server import LiveServer, Person

TEXT = "I am so 😀 tired, and depressed too."
WORDS = ".bubble .explain-word"


def explained(page: Page, text: str = TEXT) -> Locator:
    """Say something, ask why it was read so; return the turn."""
    steps.connected(page)
    steps.box(page).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()
    turn = steps.last_turn(page)
    steps.finished(turn)
    turn.locator(".emotion > summary").first.click()
    steps.explain(turn)
    return turn


def strongest(turn: Locator) -> Locator:
    return turn.locator(f"{WORDS}[data-strength='5']").first


def test_the_words_are_tinted_and_told(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    turn = explained(page)
    expect(turn.locator(".bubble")).to_have_text(TEXT)
    strengths = turn.locator(WORDS).evaluate_all(
        "all => all.map(one => Number(one.dataset.strength))"
    )
    assert max(strengths) == 5
    assert min(strengths) >= 1
    told = strongest(turn)
    expect(told).to_have_attribute("data-sign", "for")
    told.hover()
    tip = turn.locator(".explain-tip")
    expect(tip).to_be_visible()
    expect(tip).to_have_text(re.compile("^\u2212\\d+ points without this word$"))
    expect(turn.get_by_text("not a proof")).to_be_visible()
    said = page.locator("#announcer")
    expect(said).to_contain_text(
        f"What matters most: {told.inner_text()}, {tip.inner_text()[1:]}".replace(
            ", ", ", minus "
        )
    )


def test_solid_speaks_for_and_dotted_against(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    """Not by colour alone; and each emotion has a score of its own."""
    page = open_page(live_server_process, alice)
    turn = explained(page, "I was sad all week, but today I am happy.")
    for sign, line in (("for", "solid"), ("against", "dotted")):
        word = turn.locator(f"{WORDS}[data-sign={sign}]").first
        style = word.evaluate("e => getComputedStyle(e).textDecorationStyle")
        assert (sign, style) == (sign, line)
    first = turn.locator(".explain-score").inner_text()
    turn.get_by_label("Emotion").select_option("sadness")
    score = turn.locator(".explain-score")
    expect(score).not_to_have_text(first, timeout=steps.SOON_MS)
    expect(score).to_be_visible(timeout=steps.SOON_MS)


def test_another_classifier_can_be_asked(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    turn = explained(page)
    who = turn.get_by_label("Classifier")
    names = who.locator("option").evaluate_all("all => all.map(one => one.value)")
    assert len(names) > 1
    first = turn.locator(".explain-score").inner_text()
    shown = [first]
    who.focus()
    for _ in names[1:]:
        who.press("ArrowDown")
        expect(turn.locator(".explain-found")).to_be_visible(timeout=steps.SOON_MS)
        shown.append(turn.locator(".explain-score").inner_text())
    assert len(set(shown)) > 1
    expect(who).to_be_focused()


def test_by_keyboard(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    steps.connected(page)
    turn = steps.say(page, TEXT)
    steps.finished(turn)
    turn.locator(".emotion > summary").press("Enter")
    button = turn.get_by_role("button", name="Explain")
    button.press("Enter")
    stops = turn.locator(f"{WORDS}[tabindex]")
    expect(stops.first).to_be_focused(timeout=steps.SOON_MS)
    n_stops = stops.count()
    assert 1 <= n_stops <= 5
    for n in range(n_stops):
        focused = stops.nth(n)
        expect(focused).to_be_focused()
        assert focused.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
        expect(turn.locator(".explain-tip")).to_be_visible()
        page.keyboard.press("Tab")
    expect(turn.get_by_label("Classifier")).to_be_focused()
    expect(turn.locator(".explain-tip")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(turn.locator(WORDS)).to_have_count(0)
    expect(turn.locator(".explain")).to_have_count(0)
    expect(button).to_be_focused()
    expect(turn.locator(".bubble")).to_have_text(TEXT)


def test_for_a_screen_reader_there_are_names_and_a_table(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    turn = explained(page)
    told = strongest(turn).inner_text()
    named = turn.get_by_role("button", name=f"{told}: minus ")
    expect(named).to_have_count(1)
    table = turn.get_by_role("table", name="Words by what they weigh")
    rows = table.get_by_role("row")
    assert rows.count() == 1 + turn.locator(WORDS).count()
    cells = rows.nth(1).get_by_role("cell").all_inner_texts()
    assert cells[:2] == [told, "for"]
    assert cells[2].startswith("minus ")
    expect(turn.get_by_role("region", name="Explanation")).to_have_count(1)


def test_what_was_analysed_is_explained_too(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice, "/analyse/", **PHONE)
    page.get_by_label("Text to read").fill(f"  {TEXT}")
    page.get_by_role("button", name="Analyse the text").click()
    slot = page.locator("[data-explain-slot]").first
    button = slot.get_by_role("button", name="Explain", exact=True)
    expect(button).to_be_visible(timeout=steps.SOON_MS)
    page.wait_for_load_state()  # the scripts listen from then on
    button.click()
    words = slot.locator(".analysed-text .explain-word")
    expect(words.first).to_be_visible(timeout=steps.SOON_MS)
    expect(slot.locator(".analysed-text")).to_have_text(TEXT)
    expect(page.locator("#announcer")).to_contain_text("What matters most:")
    tasks = slot.locator("option[data-task]").evaluate_all(
        "all => [...new Set(all.map(one => one.dataset.task))]"
    )
    assert tasks == ["emotion"]
    nothing_sticks_out(page)
    page.keyboard.press("Escape")
    expect(words).to_have_count(0)
    expect(button).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_it_fits(
    live_server_process: LiveServer,
    alice: Person,
    open_page: OpenPage,
    size: dict[str, Any],
    scheme: str,
) -> None:
    page = open_page(live_server_process, alice, **size, color_scheme=scheme)
    turn = explained(page, "I am furious about " + "unbreakable" * 30 + " lies")
    told = strongest(turn)
    told.tap() if size is PHONE else told.hover()
    tip = turn.locator(".explain-tip")
    expect(tip).to_be_visible()
    expect(tip).to_be_in_viewport(ratio=1)
    if size is PHONE:
        nothing_sticks_out(page)
        for control in turn.locator(".explain :is(button, select)").all():
            place = control.bounding_box()
            assert not place or place["height"] >= 44


def test_forced_colours_and_little_motion(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(
        live_server_process, alice, forced_colors="active", reduced_motion="reduce"
    )
    turn = explained(page)
    style = turn.locator(WORDS).first.evaluate(
        """e => [getComputedStyle(e).textDecorationLine,
                 getComputedStyle(e).color === getComputedStyle(e).backgroundColor]"""
    )
    assert style == ["underline", False]
    moving = page.evaluate(
        "document.getAnimations().filter(a => a.effect.getTiming().duration > 1).length"
    )
    assert moving == 0


def test_a_line_that_is_away_is_told_and_tried_again(
    live_server_process: LiveServer,
    alice: Person,
    open_page: OpenPage,
    watch: Watch,
) -> None:
    watch.expected.append("ERR_INTERNET_DISCONNECTED")
    page = open_page(live_server_process, alice)
    turn = explained(page)
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    expect(page.locator("#connection")).not_to_have_attribute(
        "data-state", "online", timeout=steps.SOON_MS
    )
    turn.get_by_role("button", name="Explain").click()
    expect(turn.locator(".explain-fault")).to_contain_text("No connection just now.")
    page.context.set_offline(False)
    steps.connected(page)
    turn.get_by_role("button", name="Try again").click()
    expect(turn.locator(".explain-found")).to_be_visible(timeout=steps.SOON_MS)


def test_in_the_review_queue(
    live_server_process: LiveServer, people: People, open_page: OpenPage
) -> None:
    alice, bob = (people.next(live_server_process) for _ in range(2))
    desk.make_reviewer(live_server_process, bob)
    person = open_page(live_server_process, alice)
    desk.consent(person)
    desk.write(person, [TEXT])
    page = open_page(live_server_process, bob, desk.QUEUE)
    desk.give_reason(page, "first round of labels", "Start")
    asked = desk.asked(page)
    expect(asked).to_be_visible(timeout=steps.SOON_MS)
    text = asked.inner_text()
    page.wait_for_load_state()
    form = page.locator("#review")
    form.locator(".desk-chip").first.click()
    button = form.get_by_role("button", name="Explain", exact=True).first
    button.click()
    words = asked.locator(".explain-word")
    expect(words.first).to_be_visible(timeout=steps.SOON_MS)
    expect(asked).to_have_text(text)
    expect(page.locator("#announcer")).to_contain_text("What matters most:")
    assert page.locator("#review [style]:not(.explain-tip)").count() == 0
    asked.locator("[tabindex]").first.press("Enter")  # is not the queue's own Enter
    page.keyboard.press("Escape")
    expect(words).to_have_count(0)
    expect(button).to_be_focused()
    assert desk.number(page) == form.get_attribute("data-message")
