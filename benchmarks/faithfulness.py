"""How faithful an explanation is, and how long it takes: the deletion test.

The words that are said to speak most for the label are left out, one after the other; the
sooner the label's score falls, the better they were chosen. What counts is the mean of the
scores on the way, as a share of the whole text's, beside that of words left out at random.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.ratios import orders
from inference.backends import windows_of
from inference.classifier import TorchClassifier
from inference.explain import gradients
from inference.explain.perturbing import by_lime, by_occlusion, scores_of
from inference.explain.words import words_of
from inference.loading import load_classifier
from inference.registry import weights_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inference.backends import Classifier
    from inference.explain.pieces import Pieces
    from inference.explain.words import Words

TOKEN_BUDGET = 512
MAX_DELETED = 10
N_RANDOM = 5
MIN_WORDS, MAX_WORDS = 5, 40


@dataclass(frozen=True, slots=True)
class Variant:
    """A method with the amount of work it is given."""

    method: str
    amount: int = 0

    @property
    def name(self) -> str:
        return f"{self.method} {self.amount}" if self.amount else self.method


VARIANTS = (
    Variant("occlusion"),
    Variant("gradients", 5),
    Variant("gradients", 20),
    Variant("lime", 25),
    Variant("lime", 100),
    Variant("lime", 1000),
)


def run(pieces: Pieces[Any]) -> Any:
    """Run work that is cut into pieces, with nobody waiting."""
    next(pieces)
    while True:
        try:
            pieces.send(TOKEN_BUDGET)
        except StopIteration as end:
            return end.value


def load(name: str) -> TorchClassifier:
    torch.set_num_threads(1)
    return TorchClassifier(load_classifier(weights_dir(name)))


def weights_by(
    variant: Variant, classifier: Classifier, words: Words, label: str, whole: float
) -> np.ndarray:
    if variant.method == "gradients":
        return run(gradients.weights(classifier, words, label, variant.amount))
    if variant.method == "occlusion":
        return run(by_occlusion(classifier, words, label, whole))
    return run(by_lime(classifier, words, label, whole, variant.amount, seed=1))


def measure(
    name: str, texts: Sequence[str], tell: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Return for each text what each variant took and left, and what chance leaves."""
    classifier = load(name)
    fitting = [t for t in texts if MIN_WORDS <= n_words(classifier, t) <= MAX_WORDS]
    found = []
    for n, order in enumerate(orders([v.name for v in VARIANTS], len(fitting))):
        found.append(measure_text(classifier, fitting[n], order))
        tell(f"{name}: {n + 1} of {len(fitting)} texts")
    return found


def n_words(classifier: Classifier, text: str) -> int:
    return len(words_of(classifier, text).spans)


def measure_text(
    classifier: Classifier, text: str, order: Sequence[str]
) -> dict[str, Any]:
    words = words_of(classifier, text)
    kept = np.ones(len(words.spans), dtype=np.bool_)
    [scores] = classifier.classify([words.without(kept)])
    label = max(scores, key=scores.__getitem__)
    whole = scores[label]
    by_name = {variant.name: variant for variant in VARIANTS}
    took_ms, ranked = {}, {}
    for name in order:
        started_s = time.perf_counter()
        found = weights_by(by_name[name], classifier, words, label, whole)
        took_ms[name] = 1000 * (time.perf_counter() - started_s)
        ranked[name] = np.argsort(-found, kind="stable").tolist()
    rankings = [*ranked.values(), *random_rankings(len(kept), seed=len(text))]
    areas = deletion(classifier, words, rankings, label, whole)
    return {
        "n_words": len(kept),
        "n_windows": len(windows_of(classifier, words.without(kept))),
        "took_ms": took_ms,
        "area": dict(zip(ranked, areas, strict=False)),
        "random": float(np.mean(areas[len(ranked) :])),
    }


def random_rankings(n_words: int, seed: int) -> list[list[int]]:
    draw = random.Random(seed)
    return [draw.sample(range(n_words), n_words) for _ in range(N_RANDOM)]


def deletion(
    classifier: Classifier,
    words: Words,
    rankings: Sequence[Sequence[int]],
    label: str,
    whole: float,
) -> list[float]:
    """Return the area under each curve, as a share of the whole text's score."""
    n_words = len(words.spans)
    n_steps = min(MAX_DELETED, n_words)
    masks = np.ones((len(rankings) * n_steps, n_words), dtype=np.bool_)
    for n, ranking in enumerate(rankings):
        for step in range(n_steps):
            masks[n * n_steps + step, list(ranking[: step + 1])] = False
    scores = run(scores_of(classifier, words, masks, label))
    curves = scores.reshape(len(rankings), n_steps) / whole
    return [float(area) for area in (1 + curves.sum(axis=1)) / (1 + n_steps)]
