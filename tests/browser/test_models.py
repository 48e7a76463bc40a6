"""The page Models in both sizes, and "not sure" as it arrives live."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from chat.readings import reading_shown
from inference.registry import EMOTION_LABELS
from tests.browser import steps
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_narrow import STICKS_OUT

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

HIGHEST = 0.9999  # no reading is as sure as that


@pytest.mark.parametrize("title", ["Models", "Frameworks"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits(
    live_server_process: LiveServer,
    alice: Person,
    open_page: OpenPage,
    size: dict[str, Any],
    scheme: str,
    title: str,
) -> None:
    page = open_page(
        live_server_process, alice, f"/{title.lower()}/", **size, color_scheme=scheme
    )
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    page.evaluate(
        "for (const one of document.querySelectorAll('details')) one.open = true"
    )
    assert page.evaluate(STICKS_OUT) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["viewport"]["width"]


def test_the_menu_and_the_picker_lead_there(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    steps.connected(page)
    page.locator(".picker > summary").click()
    page.get_by_role("link", name="Compare the models").click()
    expect(page).to_have_url(re.compile("/models/$"))
    page.go_back()
    page.locator(".account > summary").click()
    page.get_by_role("link", name="Models", exact=True).click()
    expect(page).to_have_url(re.compile("/models/$"))


RAISE_THRESHOLD = """async (bert) => {
  const { configure } = await import("/static/chat/emotion.js");
  const data = JSON.parse(document.getElementById("page-data").textContent);
  configure({ ...data, sure_from: { bert } });
}"""


def test_a_live_reading_that_is_too_low_says_not_sure(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    steps.connected(page)
    page.evaluate(RAISE_THRESHOLD, HIGHEST)
    turn = steps.say(page, steps.EXAMPLE)
    steps.finished(turn)
    chip = turn.locator(".emotion > summary")
    expect(chip).to_have_text(re.compile("Not sure"))
    expect(chip.locator(".glyph")).to_be_hidden()
    expect(chip.locator(".chip-percent")).to_be_hidden()
    chip.click()
    expect(turn.locator(".bar-row")).to_have_count(6)
    expect(turn.locator(".bars-unsure")).to_be_visible()


SHOWN = """async ({ all, split_below, sure_from }) => {
  const { configure, renderEmotions } = await import("/static/chat/emotion.js");
  const { clone } = await import("/static/chat/templates.js");
  configure({ titles: {}, split_below, sure_from });
  return all.map((one) => {
    const box = clone("turn").querySelector(".emotions");
    const turn = { id: "m", classifiers: ["bert"], classifications: [one], replies: [] };
    renderEmotions(box, turn);
    const chip = box.querySelector(".emotion");
    const text = (name) => chip.querySelector(name).textContent;
    const { split, unsure } = chip.dataset;
    return [text(".chip-words"), text(".chip-percent"),
            split !== undefined, unsure !== undefined];
  });
}"""


def test_page_and_script_are_sure_of_the_same(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    luck = random.Random(5)
    all_scores = [[luck.random() ** 3 for _ in EMOTION_LABELS] for _ in range(80)]
    all_scores.append([0.45, 0.15, 0.1, 0.1, 0.1, 0.1])  # just high enough
    readings = [
        {
            "classifier": "bert",
            "scores": {
                label: score / sum(row)
                for label, score in zip(EMOTION_LABELS, row, strict=True)
            },
            "model_version": "v",
            "duration_ms": 1,
        }
        for row in all_scores
    ]
    page = open_page(live_server_process, alice)
    given = {"all": readings, "split_below": 0.15, "sure_from": {"bert": 0.45}}
    worded = [reading_shown(one, 0.45) for one in readings]
    wanted = [[r.words, r.percent, r.is_split, r.is_unsure] for r in worded]
    assert page.evaluate(SHOWN, given) == wanted
    assert (
        {r.is_unsure for r in worded} == {r.is_split for r in worded} == {True, False}
    )
