"""LIME at 1,000 samples: our engine beside the `lime` package over a pipeline.

All on the same weights, in one process, with one thread, on the same samples.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lime.lime_text import LimeTextExplainer
from scipy.stats import spearmanr
from transformers import pipeline

from benchmarks.faithfulness import load
from benchmarks.messages import CLASSIFIER
from benchmarks.ratios import orders
from inference.classifier import TorchClassifier
from inference.core import EngineCore
from inference.explain.words import WORD
from inference.loading import load_classifier
from inference.registry import weights_dir
from inference.types import Explained, ExplainRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


N_WORDS = 30
OURS, ONE_BY_ONE, BATCHED = "emochat", "lime, one by one", "lime, batches of 32"
BATCH_SIZES = {ONE_BY_ONE: 1, BATCHED: 32}
LEAST_CORRELATION = 0.95
Weights = dict[str, list[float]]


def messages_of(lines: Sequence[str], n: int) -> list[str]:
    """Return n messages of exactly N_WORDS words, made of lines of ours."""
    words = [text[a:b] for text in lines for a, b in _spans(text)]
    parts = [words[at : at + N_WORDS] for at in range(0, n * N_WORDS, N_WORDS)]
    return [" ".join(part) for part in parts]


def _spans(text: str) -> list[tuple[int, int]]:
    return [found.span() for found in WORD.finditer(text)]


def by_engine(core: EngineCore, text: str, n_samples: int, seed: int) -> list[float]:
    request = ExplainRequest(
        f"{seed}", CLASSIFIER, text, None, "lime", n_samples, seed, 1e9, 1e9
    )
    core.submit(request, time.monotonic())
    events: list[Any] = []
    while core.has_work:
        events += core.tick(time.monotonic())
    [explained] = events
    assert isinstance(explained, Explained)
    return [word.weight for word in explained.words]


def by_package(
    read: Any, batch_size: int, text: str, n_samples: int, seed: int
) -> list[float]:
    """Take each word by itself, as we do, so that both do the same work."""

    def scores(texts: Sequence[str]) -> np.ndarray:
        rows = read(list(texts), batch_size=batch_size, truncation=True)
        ordered = [sorted(row, key=lambda one: one["label"]) for row in rows]
        return np.array([[one["score"] for one in row] for row in ordered])

    explain = LimeTextExplainer(
        split_expression=WORD.findall, bow=False, mask_string="", random_state=seed
    )
    found = explain.explain_instance(text, scores, top_labels=1, num_samples=n_samples)
    weights = np.zeros(len(WORD.findall(text)))
    for word, weight in found.local_exp[found.top_labels[0]]:
        weights[word] = weight
    return weights.tolist()


def measure(
    lines: Sequence[str],
    plain: Path,
    n_rounds: int,
    n_samples: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Return each contender's seconds, round by round, and how well they agree."""
    torch.set_num_threads(1)
    core = EngineCore({CLASSIFIER: load(CLASSIFIER)}, None)
    read = pipeline("text-classification", model=str(plain), top_k=None, device="cpu")
    texts = messages_of(lines, n_rounds + 1)
    took_s: dict[str, list[float]] = {name: [] for name in (OURS, *BATCH_SIZES)}
    loaded = load_classifier(weights_dir(CLASSIFIER))
    exact_core = EngineCore({CLASSIFIER: Exact(loaded)}, None)
    exact, shipped = [], []
    for n, order in enumerate(orders(list(took_s), n_rounds + 1)):
        samples = n_samples if n else 32  # the first round is to warm up
        found: Weights = {}
        for name in order:
            started_s = time.perf_counter()
            if name == OURS:
                found[name] = by_engine(core, texts[n], samples, n)
            else:
                size = BATCH_SIZES[name]
                found[name] = by_package(read, size, texts[n], samples, n)
            if n:
                took_s[name].append(time.perf_counter() - started_s)
        if n:
            exactly = by_engine(exact_core, texts[n], samples, n)
            for name in BATCH_SIZES:
                exact.append(_correlation(exactly, found[name]))
                shipped.append(_correlation(found[OURS], found[name]))
            tell(f"LIME: round {n} of {n_rounds}")
    return {
        "n_samples": n_samples,
        "n_words": N_WORDS,
        "took_s": took_s,
        **agreement(exact, shipped),
    }


class Exact(TorchClassifier):
    """Reads samples as it reads messages: in float32."""

    @property
    def rough(self) -> Exact:  # type: ignore[override]
        return self


def agreement(exact: Sequence[float], ours: Sequence[float]) -> dict[str, float]:
    """Return the least rank correlation, read exactly and as it ships.

    Whoever computes something else is out: read exactly, every message has to agree. In
    bfloat16, of two words that weigh alike the other one may be the tenth that is chosen.
    """
    least = min(exact)
    assert least >= LEAST_CORRELATION, f"words are ranked as {least:.2f}"
    return {"least_correlation": least, "least_as_shipped": min(ours)}


def _correlation(ours: list[float], theirs: list[float]) -> float:
    return float(spearmanr(ours, theirs).statistic)
