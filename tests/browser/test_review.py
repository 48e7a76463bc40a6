"""The walk of a reviewer: dashboard, filter, reason, transcript, ten labels by keyboard,
export, training on the export, and the two models compared."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from tests.browser import review_steps as desk
from tests.browser import steps
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_narrow import STICKS_OUT
from tests.inference.family_parts import few_own_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.browser.conftest import OpenPage
    from tests.server import LiveServer, Person

WHY = "first round of labels"
HELD_DOWN = """document.body.dispatchEvent(
  new KeyboardEvent("keydown", { key: "u", repeat: true, bubbles: true }))"""


@pytest.fixture(scope="module")
def server(make_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    with make_server().start() as server:
        yield server


@pytest.fixture
def empty_server(make_server: Callable[..., LiveServer]) -> Iterator[LiveServer]:
    """For the test that counts what waits."""
    with make_server().start() as server:
        yield server


@pytest.fixture(scope="module")
def cast(server: LiveServer) -> tuple[Person, Person]:
    alice, bob = server.people(2)
    desk.make_reviewer(server, bob)
    return alice, bob


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_walk(
    empty_server: LiveServer,
    open_page: OpenPage,
    tmp_path: Path,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = empty_server
    alice, bob = server.people(2)
    desk.make_reviewer(server, bob)
    person = open_page(server, alice)
    desk.consent(person)
    desk.write(person, desk.TEXTS)

    # Other tests look at seven days, and figures are kept for a while.
    page = open_page(server, bob, "/admin/?days=90")
    expect(page.locator(".desk-numbers")).to_contain_text("Messages")
    expect(page.locator(".desk-drawing rect").first).to_be_attached()
    read_one(page)
    label_ten(page)
    export(page)

    person.goto("/settings/")
    reads = person.locator(".reads li")
    expect(reads.filter(has_text="a complaint about a reply")).to_have_count(1)
    expect(reads.filter(has_text=f"Review queue: {WHY}")).to_have_count(1)

    few_own_lines(tmp_path / "lines", monkeypatch)
    settings.VAR_DIR = server.var_dir
    without, with_labels = retrained(tmp_path)
    assert with_labels["n_texts"] == without["n_texts"] + 9
    assert 0 <= without["accuracy"] <= 1
    assert 0 <= with_labels["accuracy"] <= 1
    assert with_labels["version"] != without["version"]


def read_one(page: Page) -> None:
    """From the list, by a filter and a reason, to what was written."""
    page.goto("/admin/chat/conversation/?emotion=anger")
    page.locator("#result_list tbody a").first.click()
    page.get_by_role("link", name="Read this conversation").click()
    expect(page.get_by_text(desk.TEXTS[0])).to_have_count(0)
    desk.give_reason(page, "a complaint about a reply", "Record the reason and read")
    expect(page.get_by_text(desk.TEXTS[0]).first).to_be_visible(timeout=steps.SOON_MS)
    chip = page.locator(".desk-chip").first
    chip.click()
    expect(page.locator(".desk-bars").first).to_be_visible()


def label_ten(page: Page) -> None:
    """Nine with a label, by number and Enter, and one that is unsure."""
    page.goto(desk.QUEUE)
    expect(
        page.get_by_role("heading", name=re.compile("10 messages wait"))
    ).to_be_visible()
    desk.give_reason(page, WHY, "Start")
    seen = []
    for n in range(10):
        now = desk.number(page)
        assert now not in seen
        seen.append(now)
        text = desk.asked(page).inner_text()
        keys = ["u"] if "new house" in text else [str(1 + n % 6), "Enter"]
        desk.press(page, *keys)
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    desk.press(page, "b")
    expect(page.locator("#review")).to_have_attribute("data-message", seen[-1])


def export(page: Page) -> None:
    page.goto(desk.SETS)
    desk.give_reason(page, WHY, "Export")
    heading = page.get_by_role("heading", name="Version 1")
    expect(heading).to_be_visible(timeout=steps.SOON_MS)
    expect(page.get_by_text("9 messages")).to_have_count(2)  # said, and listed


def retrained(tmp_path: Path) -> list[dict[str, Any]]:
    """Train a tiny model without and with the export; measure both on the same file."""
    from transformers import PreTrainedTokenizerFast

    from tests.inference.training_parts import emotion_folder, tiny_bert, wordpiece

    base = tmp_path / "base"
    tiny_bert().save_pretrained(base)
    PreTrainedTokenizerFast(
        tokenizer_object=wordpiece(), pad_token="[PAD]", unk_token="[UNK]"
    ).save_pretrained(base)
    data = emotion_folder(tmp_path / "data")
    return [
        trained(data, base, tmp_path / name, **more)
        for name, more in (("without", {}), ("with", {"reviews": 1}))
    ]


def trained(data: Path, base: Path, output: Path, **more: Any) -> dict[str, Any]:
    common = {"data": data, "output": output, "base": str(base), "device": "cpu"}
    call_command("train", "bert", **common, epochs=1, **more)
    figures = output / "figures.json"
    with figures.open("w") as file:
        call_command(
            "evaluate",
            "bert",
            data=data / "val.txt",
            weights=output,
            json=True,
            device="cpu",
            stdout=file,
        )
    manifest = json.loads((output / "manifest.json").read_text())
    measured = json.loads(figures.read_text())
    return {**measured, **manifest["training"], "version": manifest["version"]}


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit(
    server: LiveServer,
    cast: tuple[Person, Person],
    open_page: OpenPage,
    size: dict[str, Any],
    scheme: str,
) -> None:
    _, bob = cast
    page = open_page(server, bob, "/admin/", **size, color_scheme=scheme)
    for path in ("/admin/", desk.QUEUE, desk.SETS, "/admin/chat/conversation/"):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["viewport"]["width"], path
        stuck = page.evaluate(STICKS_OUT)
        assert [one for one in stuck if "desk" in str(one)] == [], path


def test_a_key_held_down_says_nothing_and_one_can_go_back(
    server: LiveServer, open_page: OpenPage
) -> None:
    alice, bob = server.people(2)
    desk.make_reviewer(server, bob)
    person = open_page(server, alice)
    desk.consent(person)
    desk.write(person, desk.TEXTS[:2])
    page = open_page(server, bob, desk.QUEUE)
    desk.give_reason(page, WHY, "Start")
    first = desk.number(page)
    page.evaluate(HELD_DOWN)
    page.wait_for_timeout(400)
    assert desk.number(page) == first
    desk.press(page, "s")
    second = desk.number(page)
    assert second != first
    desk.press(page, "4", "Enter")
    desk.press(page, "b")
    expect(page.locator("#review")).to_have_attribute("data-message", second)
    expect(page.locator("input[value=love]")).to_be_checked()
