"""The page Frameworks: before anything was measured, and after."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from benchmarks.frameworks.compare import Options
from benchmarks.frameworks.matrix import matrix
from tests.benchmarks.frameworks_parts import MACHINE, answers
from tests.chat.test_models_page import page_of

if TYPE_CHECKING:
    from django.test import Client

    from tests.chat.cast import Somebody

pytestmark = pytest.mark.django_db


def show(monkeypatch: pytest.MonkeyPatch, found: dict[str, Any]) -> None:
    monkeypatch.setattr("chat.frameworks_page.framework_matrix", lambda: found)


def measured(**changes: Any) -> dict[str, Any]:
    return matrix(Options(data=Path("news")), answers(**changes), MACHINE)


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    answer = client.get(reverse("frameworks"))
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_it_says_plainly_that_nothing_was_measured(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, {})
    page = page_of(client, alice, "frameworks")
    assert "Nothing has been measured yet" in page
    assert "<table" not in page


def test_it_shows_the_matrix_the_claims_and_the_advice(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, measured())
    page = page_of(client, alice, "frameworks")
    for words in ("Which to take", "On the CPU", "What the paper said", "1633"):
        assert words in page
    assert "× 0.50" in page
    assert page.count(", the better one") == sum(
        bool(row["winner"]) for row in measured()["rows"]["cpu"]
    )
    assert "take these times as a try" not in page
    assert "style=" not in page  # the page's policy would not let it


def test_it_says_that_the_machine_was_busy_and_what_was_not_measured(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, measured(others_share=0.4, lime=False))
    page = page_of(client, alice, "frameworks")
    assert "Other programs used up to 40\u00a0%" in page
    assert '<td role="cell" class="absent">' in page


def test_the_page_models_leads_there(client: Client, alice: Somebody) -> None:
    assert f'href="{reverse("frameworks")}"' in page_of(client, alice)
