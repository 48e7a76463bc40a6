"""Dark and light, little motion, forced colours, five classifiers, a split reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.test_colours import COLOURS

if TYPE_CHECKING:
    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

GROUND = "getComputedStyle(document.body).backgroundColor"


def rgb(colour: str) -> str:
    return "rgb({}, {}, {})".format(*(int(colour[i : i + 2], 16) for i in (1, 3, 5)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_theme_follows_the_system_until_one_is_chosen(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage, scheme: str
) -> None:
    page = open_page(live_server_process, alice, color_scheme=scheme)
    assert page.evaluate(GROUND) == rgb(COLOURS[scheme]["page"])
    other = "light" if scheme == "dark" else "dark"
    page.locator(".account > summary").click()
    page.get_by_text(other.title(), exact=True).click()
    assert page.evaluate(GROUND) == rgb(COLOURS[other]["page"])
    page.reload()
    assert page.evaluate(GROUND) == rgb(COLOURS[other]["page"])


def test_little_motion_means_none(
    slow_server: LiveServer, slow_alice: Person, open_page: OpenPage
) -> None:
    page = open_page(slow_server, slow_alice, reduced_motion="reduce")
    steps.connected(page)
    steps.writing(steps.say(page, "quietly now"))
    moving = page.evaluate(
        """() => document.getAnimations()
          .map(a => a.effect.getComputedTiming())
          .filter(t => t.iterations > 1 || t.duration > 1).length"""
    )
    assert moving == 0


def test_forced_colours_keep_signs_and_borders(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice, forced_colors="active")
    steps.connected(page)
    turn = steps.say(page, steps.EXAMPLE)
    steps.finished(turn)
    chip = turn.locator(".emotion > summary")
    expect(chip.locator(".glyph")).to_be_visible()
    assert chip.evaluate("e => getComputedStyle(e).borderStyle") != "none"


def test_the_choice_of_classifiers_stays_with_the_conversation(
    live_server_process: LiveServer, alice: Person, open_page: OpenPage
) -> None:
    page = open_page(live_server_process, alice)
    steps.connected(page)
    offered = page.locator(".picker input")
    n_offered = offered.count()
    assert n_offered >= 1
    page.locator(".picker > summary").click()
    for box in offered.all():
        box.check()
    page.keyboard.press("Escape")
    turn = steps.say(page, steps.EXAMPLE)
    steps.finished(turn)
    expect(turn.locator(".emotion")).to_have_count(n_offered)
    page.reload()
    assert offered.evaluate_all("all => all.every(box => box.checked)")
    expect(turn.locator(".emotion")).to_have_count(n_offered)
    page.goto("/")
    assert page.locator(".picker input:checked").count() == 1
