"""The five classifiers as they are shipped: what each is, how well it reads, its size."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from django.core.management import call_command

from inference.classifier import TorchClassifier
from inference.loading import LoadedClassifier, load_classifier
from inference.model_files import read_manifest
from inference.registry import EMOTION, WEIGHTS_ROOT, is_trained, of_task, weights_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
TEST_LINES = ROOT.parent / "shared" / "data" / "emotion" / "test.txt"
CHAT_LINES = ROOT / "tests" / "models" / "chat_messages.txt"
TEXTS = (
    "I am feeling so tired and depressed. What should I do?",
    "omg you remembered my birthday 🥰",
    "he took my seat again and did not even say sorry",
    "well",
)
each = pytest.mark.parametrize("name", of_task(EMOTION))


def trained() -> list[str]:
    return [name for name in of_task(EMOTION) if is_trained(name)]


def need(*names: str) -> None:
    absent = [name for name in names if not is_trained(name)]
    if absent:
        pytest.skip(f"not trained yet: {', '.join(absent)}")


def need_figures(*names: str) -> None:
    """Skip what was trained before scores were made honest, until all five are new."""
    need(*names)
    old = [n for n in names if "temperature" not in read_manifest(weights_dir(n))]
    if old and len(trained()) < len(of_task(EMOTION)):
        pytest.skip(f"trained before there was a temperature: {', '.join(old)}")


@pytest.fixture(scope="module", autouse=True)
def _let_go() -> Iterator[None]:
    """Keep no model in memory for the rest of the suite."""
    yield
    shipped.cache_clear()


@cache
def shipped(name: str) -> LoadedClassifier:
    return load_classifier(weights_dir(name))


def tokenizer_of(name: str) -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(shipped(name).tokenizer.to_str())
    return spec


@each
def test_it_is_of_its_family(name: str) -> None:
    need(name)

    assert shipped(name).model.config.model_type == name


def test_mobilebert_has_its_bottlenecks() -> None:
    need("mobilebert")
    model = shipped("mobilebert").model
    narrow = model.config.intra_bottleneck_size

    assert model.config.use_bottleneck
    assert narrow < model.config.hidden_size
    for layer in model.base_model.encoder.layer:
        assert layer.bottleneck.input.dense.out_features == narrow
        assert layer.output.bottleneck.dense.in_features == narrow


@each
def test_its_tokenizer_is_of_its_familys_kind(name: str) -> None:
    need(name)
    spec = tokenizer_of(name)
    is_bpe = name == "roberta"

    assert spec["model"]["type"] == ("BPE" if is_bpe else "WordPiece")
    assert (spec["pre_tokenizer"]["type"] == "ByteLevel") is is_bpe


def test_roberta_reads_any_text_without_an_unknown_token() -> None:
    need("roberta")
    tokenizer = shipped("roberta").tokenizer

    for text in ("naïve", "日本語", "🫠", "Ωmega\x00"):
        assert tokenizer.token_to_id("<unk>") not in tokenizer.encode(text).ids


def scores_of(name: str) -> np.ndarray:
    classifier = TorchClassifier(shipped(name))
    rows = classifier.classify([classifier.encode(text) for text in TEXTS])
    return np.array([list(row.values()) for row in rows])


def test_no_two_give_the_same_scores() -> None:
    names = trained()
    if len(names) < 2:
        pytest.skip("fewer than two classifiers are trained yet")
    scores = {name: scores_of(name) for name in names}

    for one, other in combinations(names, 2):
        gaps = np.abs(scores[one] - scores[other]).max(axis=1)
        assert (gaps > 1e-4).all(), (one, other)


@each
def test_a_text_scores_alike_alone_and_in_a_batch(name: str) -> None:
    need(name)
    classifier = TorchClassifier(shipped(name))
    alone = [classifier.classify([classifier.encode(text)])[0] for text in TEXTS]

    for text, row, scores in zip(TEXTS, scores_of(name), alone, strict=True):
        assert list(scores.values()) == pytest.approx(row.tolist(), abs=1e-4), text


@each
def test_it_reads_a_message_as_long_as_it_may_be(name: str) -> None:
    need(name)
    classifier = TorchClassifier(shipped(name))
    (scores,) = classifier.classify([classifier.encode("so very tired " * 1_000)])

    assert sum(scores.values()) == pytest.approx(1)


def test_all_weights_together_stay_small() -> None:
    sizes = {p: p.stat().st_size for p in WEIGHTS_ROOT.rglob("*") if p.is_file()}

    assert sum(sizes.values()) <= 120 * 10**6
    assert max(sizes.values()) < 16 * 2**20


@pytest.mark.slow
def test_all_together_fit_into_little_memory() -> None:
    """The peak of a process of its own that does nothing but load them.

    Linux counts in `ru_maxrss` what the process that it was forked from held.
    """
    need(*of_task(EMOTION))
    code = (
        "import resource\n"
        "from pathlib import Path\n"
        "from inference.loading import load_classifier\n"
        "from inference.registry import of_task, weights_dir\n"
        "held = [load_classifier(weights_dir(name)) for name in of_task('emotion')]\n"
        "status = Path('/proc/self/status')\n"
        "own = status.read_text().split('VmHWM:') if status.exists() else []\n"
        "usage = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(own[1].split()[0] if own[1:] else usage.ru_maxrss)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    unit = 1 if sys.platform == "darwin" else 1024

    assert int(ran.stdout) * unit < 1.5 * 10**9


@cache
def figures_of(name: str, file: Path) -> dict[str, Any]:
    """Return what `manage.py evaluate NAME --data FILE --json` prints."""
    out = io.StringIO()
    call_command("evaluate", name, data=file, json=True, device="cpu", stdout=out)
    figures: dict[str, Any] = json.loads(out.getvalue())
    return figures


def need_test_lines() -> None:
    if not TEST_LINES.is_file():
        pytest.skip(f"{TEST_LINES} is not here: the accuracy is not measured")


@pytest.mark.slow
@each
def test_each_meets_the_bar_on_the_papers_test_lines(name: str) -> None:
    need_figures(name)
    need_test_lines()
    figures = figures_of(name, TEST_LINES)

    assert figures["n"] == 2000
    assert figures["accuracy"] >= 0.92
    assert figures["macro_f1"] >= 0.87
    assert figures["ece"] <= 0.03


@pytest.mark.slow
def test_the_best_beats_the_paper() -> None:
    need_figures(*of_task(EMOTION))
    need_test_lines()
    best = max(
        (figures_of(name, TEST_LINES) for name in of_task(EMOTION)),
        key=lambda figures: figures["accuracy"],
    )

    assert best["accuracy"] >= 0.93
    assert best["macro_f1"] >= 0.885


@pytest.mark.slow
@each
def test_each_reads_chat_messages(name: str) -> None:
    need_figures(name)
    figures = figures_of(name, CHAT_LINES)

    assert figures["n"] == 200
    assert figures["accuracy"] >= 0.60


@pytest.mark.slow
def test_the_best_reads_chat_messages_well() -> None:
    need_figures(*of_task(EMOTION))

    assert max(figures_of(n, CHAT_LINES)["accuracy"] for n in of_task(EMOTION)) >= 0.70
