"""The page Analyse: a text, files with bad rows, the result to keep, going on by itself."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.steps import SOON_MS
from tests.browser.test_narrow import STICKS_OUT

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload

    from tests.browser.conftest import OpenPage, Watch
    from tests.server import LiveServer, Person

BAD_ROWS = (
    "text,label\n"
    '"I am so happy, ""really""\nhappy",joy\n'
    ",joy\n"
    "I am furious,weather\n"
    f"{'x' * 1_000_000},joy\n"
    "too,many,fields\n"
    "=1+1 makes me afraid,fear\n"
    "They left without a word and I cried,anger\n"
)


@pytest.fixture
def page(live_server_process: LiveServer, alice: Person, open_page: OpenPage) -> Page:
    return open_page(live_server_process, alice, "/analyse/")


def choose(page: Page, name: str, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    file: FilePayload = {"name": name, "mimeType": "", "buffer": data}
    page.locator("#file").set_input_files(file)


def run_to_the_end(page: Page) -> list[dict[str, str]]:
    """Read the file that was chosen; return the rows of the result that is downloaded."""
    page.get_by_role("button", name="Analyse the file").click()
    expect(page.locator("#progress-words")).to_contain_text("Done.", timeout=SOON_MS)
    return downloaded(page)


def downloaded(page: Page) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the result").click()
    text = download.value.path().read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_text_is_read_on_the_page(page: Page) -> None:
    page.get_by_label("Text to read").fill("I cried all night, I miss her so much.")
    page.get_by_role("checkbox", name="DistilBERT").check()
    page.get_by_role("button", name="Analyse the text").click()
    result = page.get_by_role("group", name="What was read")
    expect(result.locator(".analysed-one")).to_have_count(2)
    expect(result.locator(".chip-words").first).to_have_text("Sadness")
    expect(result.locator(".bar-row")).to_have_count(12)
    expect(result.locator("[data-explain-slot]")).to_have_count(2)
    expect(page.get_by_label("Text to read")).to_have_value(re.compile("I cried"))


def test_a_file_with_bad_rows_keeps_the_good_ones(page: Page) -> None:
    choose(page, "rows.csv", BAD_ROWS)
    expect(page.locator("#file-summary")).to_have_text("rows.csv: 3 texts to read.")
    page.get_by_text("4 rows cannot be read").click()
    assert page.locator("#faults li").all_inner_texts() == [
        "Row 2: there is no text.",
        "Row 3: the label “weather” is not one of anger, fear, joy, love, sadness,"
        " surprise.",
        "Row 4: 1,000,000 characters; at most 4,000 are read.",
        "Row 5: 3 fields where the first line has 2.",
    ]
    rows = run_to_the_end(page)

    assert [row["row"] for row in rows] == list("1234567")
    assert rows[0]["text"] == 'I am so happy, "really"\nhappy'
    assert rows[0]["bert_label"] == "joy"
    assert float(rows[0]["bert_joy"]) > 0.5
    assert rows[5]["text"] == "'=1+1 makes me afraid"
    assert [bool(row["error"]) for row in rows] == [False, *[True] * 4, False, False]
    assert rows[2]["bert_label"] == ""
    expect(page.locator("#tally li")).to_contain_text(re.compile("BERT: .*of 3 right"))
    shown = page.locator(".file-row")
    expect(shown).to_have_count(3)
    expect(shown.last.locator(".file-row-labels")).to_have_text(
        "Sadness (labelled anger)"
    )
    shown.first.locator("summary").click()
    expect(shown.first.locator(".bar-row")).to_have_count(6)
    expect(shown.first.locator("[data-explain-slot]")).to_have_count(1)
    expect(shown.first.locator(".analysed")).to_have_attribute(
        "data-text", re.compile("happy")
    )


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", "words;mood\nhi;joy\n", "a column “text”; it names “words”, “mood”."),
        ("a.csv", "text\n", "There is no text in this file."),
        ("a.txt", " \n", "There is no text in this file."),
    ],
)
def test_a_file_without_texts_is_told(
    page: Page, name: str, content: str, why: str
) -> None:
    choose(page, name, content)
    expect(page.locator("#file-error")).to_contain_text(why)
    expect(page.locator("#file-found")).to_be_hidden()


def test_lines_that_are_not_utf8_are_told_and_the_others_read(page: Page) -> None:
    choose(page, "lines.txt", "I am glad\ncafé\n".encode("latin-1") + b"I am sad\n")
    expect(page.locator("#faults summary")).to_have_text("1 row cannot be read")
    expect(page.locator("#faults li")).to_have_text(re.compile("Row 2: .*not UTF-8"))
    assert [bool(row["error"]) for row in run_to_the_end(page)] == [False, True, False]


def test_too_many_rows_are_cut_and_told(page: Page) -> None:
    choose(page, "many.txt", "I am glad\n" * 10_002)
    expect(page.locator("#file-summary")).to_contain_text("10,000 texts to read")
    expect(page.locator("#faults li")).to_have_text(
        "Row 10,001: left out, with all 2 from here on: at most 10,000 rows are read."
    )


def test_it_waits_as_told_and_goes_on_after_a_pause(page: Page, watch: Watch) -> None:
    """A full bucket, and an answer without an engine: nothing is lost, nothing twice."""
    watch.expected.append("Failed to load resource")
    refusals = [(429, {"detail": "Wait a moment.", "retry_after": 0.1})]
    sent: list[int] = []

    def through(route: Route) -> None:
        sent.append(len(json.loads(route.request.post_data or "{}")["texts"]))
        if refusals:
            status, problem = refusals.pop()
            route.fulfill(status=status, json=problem)
        elif len(sent) == 3:
            page.evaluate("document.getElementById('file-pause').click()")
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/classify/", through)
    choose(page, "lines.txt", "".join(f"I am glad, {n}.\n" for n in range(100)))
    page.get_by_role("button", name="Analyse the file").click()
    expect(page.locator("#progress-words")).to_have_text(
        "64 of 100 texts read. Paused.", timeout=SOON_MS
    )
    assert [bool(row["error"]) for row in downloaded(page)] == [False] * 64 + [
        True
    ] * 36
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#progress-words")).to_contain_text("Done.", timeout=SOON_MS)

    assert sent == [64, 64, 36, 36]
    rows = downloaded(page)
    assert [row["text"] for row in rows] == [f"I am glad, {n}." for n in range(100)]
    assert not any(row["error"] for row in rows)
    expect(page.locator("#file-status")).to_have_text("All texts are read.")
    expect(page.locator(".file-row")).to_have_count(25)
    page.get_by_role("button", name="Show more rows").click()
    expect(page.locator(".file-row")).to_have_count(50)


def test_another_task_has_its_own_classifiers(page: Page) -> None:
    news = page.locator(".segments label", has_text="News topic")
    if not news.count():
        pytest.skip("bert-news is not trained yet")
    expect(page.get_by_role("checkbox", name="BERT (news)", exact=True)).to_be_hidden()
    news.click()
    expect(page.get_by_role("checkbox", name="DistilBERT")).to_be_hidden()
    expect(page.get_by_role("checkbox", name="BERT (news)", exact=True)).to_be_checked()
    choose(page, "news.csv", "category,text\nsport,The striker scored two goals.\n")
    assert run_to_the_end(page)[0]["bert-news_label"] == "sport"
    page.get_by_label("Text to read").fill(
        "The bank raised interest rates and profits."
    )
    page.get_by_role("button", name="Analyse the text").click()
    result = page.get_by_role("group", name="What was read")
    expect(result.locator(".chip-words")).to_have_text("Business")
    expect(result.locator(".bar-row")).to_have_count(5)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_fits(
    live_server_process: LiveServer,
    alice: Person,
    open_page: OpenPage,
    size: dict[str, Any],
) -> None:
    page = open_page(live_server_process, alice, "/analyse/", **size)
    choose(page, "rows.csv", BAD_ROWS)
    run_to_the_end(page)
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    expect(page.locator(".bar-row").first).to_be_visible()
    assert page.evaluate(STICKS_OUT) == []
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= size["viewport"]["width"]
