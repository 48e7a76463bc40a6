"""How fast the classifiers are, beside each other in one run, as the engine runs them."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import torch

from inference.classifier import TorchClassifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from inference.loading import LoadedClassifier

N_ROUNDS = 7
N_MESSAGES = 32
SIZES = (1, 32)
YARDSTICK = "bert"

Speeds = dict[str, dict[str, float]]


def measure_speeds(
    models: Mapping[str, LoadedClassifier],
    texts: Sequence[str],
    on_round: Callable[[], None] = lambda: None,
) -> Speeds:
    """Return messages a second of each model, one at a time and 32 at once, on one thread.

    In every round each model reads the same texts, so that a busy machine is busy for
    all. Time is the thread's CPU time; the median of the rounds counts. `ratio_1` and
    `ratio_32` are the medians of the rounds' own ratios to bert's, where it is among them.
    """
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        rounds = [
            _round(models, texts[:N_MESSAGES], on_round) for _ in range(N_ROUNDS + 1)
        ]
    finally:
        torch.set_num_threads(n_threads)
    return _summed_up(rounds[1:])  # the first one warms up


def _round(
    models: Mapping[str, LoadedClassifier],
    texts: Sequence[str],
    on_round: Callable[[], None],
) -> Speeds:
    engines = {name: TorchClassifier(model) for name, model in models.items()}
    found = {
        name: {f"batch_{size}": _speed(engine, texts, size) for size in SIZES}
        for name, engine in engines.items()
    }
    on_round()
    return found


def _speed(engine: TorchClassifier, texts: Sequence[str], size: int) -> float:
    started = time.thread_time()
    for batch in _batches(texts, size):
        engine.classify([engine.encode(text) for text in batch])
    return len(texts) / max(1e-9, time.thread_time() - started)


def _batches(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]


def _summed_up(rounds: Sequence[Speeds]) -> Speeds:
    found: Speeds = {}
    for name in rounds[0]:
        own = found.setdefault(name, {})
        for size in SIZES:
            key = f"batch_{size}"
            own[key] = round(statistics.median(r[name][key] for r in rounds), 1)
            if YARDSTICK in rounds[0]:
                ratios = (r[name][key] / r[YARDSTICK][key] for r in rounds)
                own[f"ratio_{size}"] = round(statistics.median(ratios), 2)
    return found
