"""`manage.py report`: what it measures of tiny models, and what it makes of that."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from inference.registry import EMOTION_LABELS
from inference.reports import comparison, measured
from inference.training.curves import coverage_curve, reliability_bins, share_below
from inference.training.report_comparison import comparison_markdown
from inference.training.saving import save_model
from tests.inference.training_parts import LINES, tiny_bert, wordpiece

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = {"confusion.svg", "reliability.svg", "coverage.svg", "epochs.svg"}
EPOCHS = [
    {"step": 5.0, "loss": 1.2, "emotion_accuracy": 0.5, "own_accuracy": 0.4},
    {"step": 9.0, "loss": 0.7, "emotion_accuracy": 0.6, "own_accuracy": 0.5},
]


def write_model(folder: Path, name: str, seed: int, **more: Any) -> None:
    model = tiny_bert(seed)
    model.config.id2label = dict(enumerate(EMOTION_LABELS))
    info = {"name": name, "task": "emotion", "labels": EMOTION_LABELS, "max_tokens": 16}
    save_model(folder, model, model.config, wordpiece().to_str(), info | more)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A bert as they are made now, and a distilbert of old, whose manifest says less."""
    root = tmp_path / "weights"
    training = {"data": ["emotion"], "n_texts": 24, "validation": EPOCHS}
    new = {"temperature": 1.5, "sure_from": 0.9, "training": training}
    write_model(root / "bert", "bert", 0, **new)
    write_model(root / "distilbert", "distilbert", 1)
    return root


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("emotion", "goemotions"):
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        for split in ("train", "val", "test"):
            (folder / f"{split}.txt").write_text(LINES)
    neutral = tmp_path / "data" / "goemotions" / "neutral_val.csv"
    neutral.write_text("text,label\na feel,\ni feel a,\n")
    return tmp_path / "data"


@pytest.fixture
def out(tmp_path: Path, weights: Path, data: Path) -> Path:
    pytest.importorskip("matplotlib")
    write(tmp_path, weights, data)
    return tmp_path / "out"


def write(tmp_path: Path, weights: Path, data: Path, **more: Any) -> None:
    chat = tmp_path / "chat.txt"
    chat.write_text(LINES)
    options = {"weights": weights, "data": data, "chat": chat, "out": tmp_path / "out"}
    call_command("report", **(options | more))


def metrics(out: Path, name: str) -> Any:
    return json.loads((out / name / "metrics.json").read_text())


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_it_writes_metrics_cards_and_figures_for_every_model(out: Path) -> None:
    for name in ("bert", "distilbert"):
        there = {path.name for path in (out / name).iterdir()}
        drawn = FIGURES if name == "bert" else FIGURES - {"epochs.svg"}
        assert there == {"metrics.json", "card.md", *drawn}
    assert (out / "lengths.svg").is_file()
    assert "the paper's five" in (out / "comparison.md").read_text()


def test_it_measures_each_kind_of_text_before_and_after_the_temperature(
    out: Path,
) -> None:
    found = metrics(out, "bert")
    assert list(found["sets"]) == ["emotion", "chat", "goemotions"]
    for own in found["sets"].values():
        assert own["n"] == 6
        assert {"accuracy", "macro_f1", "ece", "ece_before", "confusion"} <= set(own)
        assert own["not_sure"] == 1.0  # six scores of random weights are all low
        assert len(own["thresholds"]) == 20
    assert found["neutral"] == {"n": 2, "not_sure": 1.0}
    assert found["bytes"] > 0
    assert found["parameters"] > 0
    assert {"batch_1", "batch_32", "ratio_1", "ratio_32"} == set(found["speed"])
    assert found["speed"]["ratio_1"] == 1


def test_a_manifest_of_old_is_measured_too(out: Path) -> None:
    found = metrics(out, "distilbert")
    assert (found["temperature"], found["sure_from"]) == (1.0, 0.0)
    assert found["sets"]["emotion"]["not_sure"] == 0.0
    assert found["sets"]["emotion"]["ece"] == found["sets"]["emotion"]["ece_before"]
    assert "always names an emotion" in (out / "distilbert" / "card.md").read_text()


def test_the_card_names_data_licence_and_threshold(out: Path) -> None:
    card = (out / "bert" / "card.md").read_text()
    for words in ("research purposes only", "24 texts", "Below a top score of 0.9"):
        assert words in card
    assert "Lines of our own" in card


def test_the_same_metrics_give_the_same_files(out: Path) -> None:
    before = contents(out)
    for path in [*out.rglob("*.svg"), *out.rglob("*.md")]:
        path.unlink()
    call_command("report", out=out, redraw=True)
    assert contents(out) == before


def test_no_figure_of_the_paper_is_made_up(out: Path) -> None:
    page = (out / "comparison.md").read_text()
    assert "| the paper's RoBERTa | not given | not given |" in page
    assert "13.2 (0.076 s each)" in page


def test_the_narrow_model_stands_beside_and_stays(
    out: Path, tmp_path: Path, weights: Path, data: Path
) -> None:
    assert comparison(out)["narrow"] is None
    write(tmp_path, weights, data, narrow=weights / "distilbert")
    narrow = comparison(out)["narrow"]
    assert narrow["version"] == metrics(out, "distilbert")["version"]
    write(tmp_path, weights, data)
    assert comparison(out)["narrow"] == narrow
    assert "the paper's settings" in comparison_markdown(comparison(out))


def test_metrics_of_other_weights_are_not_shown(out: Path, weights: Path) -> None:
    assert list(measured(out, weights)) == ["bert", "distilbert"]
    write_model(weights / "bert", "bert", 2)
    assert list(measured(out, weights)) == ["distilbert"]
    (out / "distilbert" / "metrics.json").write_text("{")
    assert measured(out, weights) == {}


def test_metrics_from_before_a_new_calibration_are_not_shown(
    out: Path, weights: Path
) -> None:
    path = weights / "bert" / "manifest.json"
    path.write_text(path.read_text().replace('"sure_from": 0.9', '"sure_from": 0.4'))
    assert list(measured(out, weights)) == ["distilbert"]


def test_without_matplotlib_it_says_what_to_install(
    tmp_path: Path, weights: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(CommandError, match=r"requirements-report\.txt"):
        write(tmp_path, weights, data)


def test_without_data_it_says_what_is_missing(tmp_path: Path, weights: Path) -> None:
    pytest.importorskip("matplotlib")
    with pytest.raises(CommandError, match=r"no test\.txt"):
        write(tmp_path, weights, tmp_path / "nowhere")


SCORES = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.45, 0.55]])
TRUTH = np.array([0, 1, 1, 1])


def test_coverage_is_the_share_of_scores_from_the_threshold_on() -> None:
    rows = {row["threshold"]: row for row in coverage_curve(SCORES, TRUTH)}
    assert rows[0.0] == {"threshold": 0.0, "coverage": 1.0, "accuracy": 0.75}
    assert rows[0.65] == {"threshold": 0.65, "coverage": 0.5, "accuracy": 1.0}
    assert rows[0.95] == {"threshold": 0.95, "coverage": 0.0, "accuracy": None}
    assert share_below(SCORES, 0.6) == 0.25


def test_few_texts_make_few_bins() -> None:
    (only,) = reliability_bins(SCORES, TRUTH)
    assert only == {"n": 4, "score": 0.6875, "accuracy": 0.75}
    many = reliability_bins(np.tile(SCORES, (300, 1)), np.tile(TRUTH, 300))
    assert len(many) == 15
    assert sum(one["n"] for one in many) == 1200
