"""The page Models, the picker's figures, and when a reading is "not sure"."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from chat import classifiers
from chat.charts import decimal, percent
from chat.readings import reading_shown
from tests.chat.measured import compared, metrics, row

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client

    from tests.chat.cast import Somebody

BERT = metrics("bert", 0.8905)
SMALL = metrics("distilbert", 0.881, n_bytes=11_000_000)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    classifiers.figures.cache_clear()
    classifiers.sure_from.cache_clear()


def page_of(client: Client, somebody: Somebody, address: str = "models") -> str:
    client.cookies["sessionid"] = somebody.session_key
    return client.get(reverse(address)).content.decode()


def show(monkeypatch: pytest.MonkeyPatch, *found: Any, **more: Any) -> None:
    by_name = {one["name"]: one for one in found}
    for module in ("chat.models_page", "chat.classifiers"):
        monkeypatch.setattr(f"{module}.measured", lambda: by_name)
    monkeypatch.setattr("chat.models_page.comparison", lambda: compared(*found, **more))


@pytest.mark.django_db
def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    answer = client.get(reverse("models"))
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_it_compares_the_models_with_each_other_and_the_paper(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, BERT, SMALL, narrow=row(BERT))
    page = page_of(client, alice)
    for words in ("0.891", "0.881", "The paper’s five".replace("’", "&#x27;")):
        assert words in page
    assert "91.9 to 92.8\u00a0%" in page
    assert "0.874 to 0.880" in page
    assert "BERT, narrow" in page
    assert page.count(", the best") == 3  # accuracy, macro F1, size: the rest are even
    assert page.count('class="sheet model"') == 2


def test_it_shows_what_a_model_takes_for_what(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, BERT)
    page = page_of(client, alice)
    assert '<td data-shade="9" class="hit">9</td>' in page
    assert "below a score of 45\u00a0%" in page
    assert "says so 31\u00a0% of the time" in page
    assert "style=" not in page  # the page's policy would not let it


def test_charts_leave_out_what_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    from chat.model_charts import model_charts

    (_, curve, _) = model_charts(BERT)
    right, kept = curve.lines
    assert (len(right.points.split()), len(kept.points.split())) == (2, 3)
    assert curve.table.rows[-1] == ["95\u00a0%", "", "0\u00a0%"]
    assert curve.marker == "177.0"


def test_before_any_report_it_says_so(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch)
    assert "not been measured yet" in page_of(client, alice)
    page = page_of(client, alice, "home")
    assert "F1 " not in page


def test_rows_of_other_weights_are_left_out(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, BERT)
    other = compared(BERT | {"version": "older"})
    monkeypatch.setattr("chat.models_page.comparison", lambda: other)
    assert "not been measured yet" in page_of(client, alice)


def test_the_picker_shows_figures_where_there_are_some(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, BERT)
    page = page_of(client, alice, "home")
    assert page.count("F1 0.891 · 93/s · 31 MB") == 1
    assert "DistilBERT</span></label>" in page
    assert page.count(f'href="{reverse("models")}"') >= 2


def test_apps_are_told_the_same(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(monkeypatch, BERT)
    monkeypatch.setattr("chat.classifiers.sure_from", lambda: {"bert": 0.45})
    client.cookies["sessionid"] = alice.session_key
    first, second, *_ = client.get("/api/v1/classifiers/").json()
    told = ("sure_from", "f1", "speed", "size")
    assert [first[key] for key in told] == [0.45, 0.8905, 92.9, 31_300_000]
    assert [second[key] for key in told] == [0.0, None, None, None]


def test_figures_are_rounded_as_people_do() -> None:
    assert decimal(0.8905, 3) == "0.891"
    assert percent(0.665) == "67\u00a0%"
    assert percent(0.9295, 1) == "93.0\u00a0%"
    assert percent(None) == ""


# --- Not sure -------------------------------------------------------------------------


def scores(top: float, second: float) -> dict[str, Any]:
    rest = (1 - top - second) / 4
    found = dict.fromkeys(("anger", "fear", "love", "surprise"), rest)
    return {
        "classifier": "bert",
        "scores": found | {"joy": top, "sadness": second},
        "model_version": "v1",
        "duration_ms": 3,
    }


@pytest.mark.parametrize(
    ("top", "second", "words"),
    [
        (0.40, 0.30, "Not sure"),  # also the closest two are too low to be named
        (0.44, 0.10, "Not sure"),
        (0.46, 0.40, "Joy or sadness?"),
        (0.45, 0.20, "Joy"),
    ],
)
def test_not_sure_comes_before_split_and_split_before_a_name(
    top: float, second: float, words: str
) -> None:
    found = reading_shown(scores(top, second), sure_from=0.45)
    assert found.words == words
    assert found.is_unsure == (words == "Not sure")
    assert bool(found.percent) == (words == "Joy")
    assert len(found.bars) == 6


def test_thresholds_come_from_the_manifests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inference import reports

    manifest = {"format": 1, "version": "v", "files": {}, "max_tokens": 8}
    for name, more in (("bert", {}), ("electra", {"sure_from": 0.4})):
        (tmp_path / name).mkdir()
        text = json.dumps(manifest | more)
        (tmp_path / name / "manifest.json").write_text(text)
    (tmp_path / "roberta").mkdir()
    (tmp_path / "roberta" / "manifest.json").write_text("{")
    monkeypatch.setattr(
        "chat.classifiers.manifests", lambda: reports.manifests(tmp_path)
    )
    assert classifiers.sure_from() == {"bert": 0.0, "electra": 0.4}


def test_the_page_says_not_sure_and_still_shows_the_bars(
    client: Client, alice: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.classifiers.sure_from", lambda: {"bert": 0.45})
    from django.template.loader import render_to_string

    from chat.pages import turns_shown

    turn = {
        "id": "m",
        "text": "hm",
        "created_at": "2026-11-22T12:00:00+00:00",
        "classifications": [scores(0.3, 0.2)],
        "replies": [],
    }
    (shown,) = turns_shown({"messages": [turn]})
    html = render_to_string("chat/_turn.html", {"turn": shown})
    assert "data-unsure" in html
    assert '<span class="chip-words">Not sure</span>' in html
    assert html.count('class="bar-row"') == 6
    assert '"sure_from": {"bert": 0.45}' in page_of(client, alice, "home")
