"""What is measured of a framework, in a process of its own: one job, one JSON answer.

`benchmarks.frameworks.torch_side` and `tensorflow_side` say how each of them does it; all
that is timed, and how, is here, so that it is the same for both.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inference.backends import Classifier

KIB = 2**10
INFO_NAME = "info.json"  # beside a lesson: what its manifest will say
SIZES = (1, 32)
BUDGET = 32 * 128  # padded tokens that an explanation computes at once
Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """What to do, with which model's folder; times in the file are seconds since 1970."""

    kind: str
    device: str = "cpu"
    threads: int = 1
    folder: str = ""
    lesson: str = ""
    result: str = ""
    order: str = ""  # JSON: what to train on, see `orders.read_order`
    test: str = ""
    texts: tuple[str, ...] = ()
    samples: int = 0
    started_s: float = 0.0


class Side(Protocol):
    """One framework, as the jobs need it."""

    def prepare(self, job: Job) -> None:
        """Set threads and device, before anything is computed."""

    def load(self, folder: Path, device: str) -> Classifier: ...

    def train(self, job: Job) -> Callable[[], Found]:
        """Get all ready; what is returned is timed: it trains, and tells its history."""
        ...

    def finish(self, job: Job) -> None:
        """Write the best weights beside the result, after the clock has stopped."""

    def save_as_usual(self, classifier: Classifier, folder: Path) -> Path:
        """Write the weights as float32 in the framework's usual file."""
        ...

    def devices(self) -> list[str]: ...


def run(side: Side, arguments: Sequence[str] | None = None) -> None:
    """Do the job of the command line, and write its answer beside it."""
    imported_s = time.time()
    parser = argparse.ArgumentParser()
    parser.add_argument("job", type=Path)
    path = parser.parse_args(arguments).job
    values = json.loads(path.read_text())
    job = Job(**values | {"texts": tuple(values.get("texts", ()))})
    side.prepare(job)
    found = JOBS[job.kind](side, job)
    found["import_s"] = imported_s - job.started_s
    found["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
    path.with_suffix(".answer").write_text(json.dumps(found))


def train(side: Side, job: Job) -> Found:
    """Time the steps and the validations; reading texts and weights is not counted."""
    fit = side.train(job)
    wall, cpu = time.perf_counter(), time.process_time()
    found = fit()
    found["wall_s"] = time.perf_counter() - wall
    found["cpu_s"] = time.process_time() - cpu
    side.finish(job)
    return found


def serve(side: Side, job: Job) -> Found:
    """Time loading, the first prediction, and many, as the engine's classifiers do them."""
    started = time.perf_counter()
    classifier = side.load(Path(job.folder), job.device)
    loaded = time.perf_counter()
    classifier.classify([classifier.encode(job.texts[0])])
    first, ready_s = time.perf_counter(), time.time() - job.started_s
    classifier.classify([classifier.encode(text) for text in job.texts[: max(SIZES)]])
    speeds = {f"speed_{size}": _speed(classifier, job.texts, size) for size in SIZES}
    return {
        "load_s": loaded - started,
        "first_s": first - loaded,
        "ready_s": ready_s,
        **speeds,
    }


def _speed(classifier: Classifier, texts: Sequence[str], size: int) -> float:
    started = time.perf_counter()
    for at in range(0, len(texts), size):
        classifier.classify([classifier.encode(t) for t in texts[at : at + size]])
    return len(texts) / (time.perf_counter() - started)


def evaluate(side: Side, job: Job) -> Found:
    """Score the test articles whole, in windows, as a served request would be."""
    import numpy as np

    from inference.training.data import read_labelled
    from inference.training.metrics import classification_figures

    classifier = side.load(Path(job.folder), job.device)
    labels = json.loads((Path(job.folder) / "manifest.json").read_text())["labels"]
    rows = read_labelled(Path(job.test), labels)
    scores = [classifier.classify([classifier.encode(r.text)])[0] for r in rows]
    figures = classification_figures(
        np.array([[one[label] for label in labels] for one in scores]),
        np.array([labels.index(row.label) for row in rows]),
        labels,
    )
    usual = side.save_as_usual(classifier, Path(job.result))
    size = usual.stat().st_size
    usual.unlink()
    kept = ("n", "accuracy", "macro_f1", "ece")
    return {name: figures[name] for name in kept} | {"usual_file_bytes": size}


def explain(side: Side, job: Job) -> Found:
    """Explain each text by LIME; the seconds count from the text to its words' weights."""
    if find_spec("inference.explain") is None:
        return {}
    classifier = side.load(Path(job.folder), job.device)
    _explained(classifier, job.texts[0], 50)
    seconds, weights = [], []
    for text in job.texts:
        started = time.perf_counter()
        weights.append(_explained(classifier, text, job.samples))
        seconds.append(time.perf_counter() - started)
    return {"lime_s": seconds, "weights": weights}


def _explained(classifier: Classifier, text: str, samples: int) -> list[float]:
    """Return the weight of every word, in the text's order, for the label it is given."""
    from inference.explain.explanation import explanation
    from inference.types import ExplainRequest

    request = ExplainRequest("1", "", text, n_samples=samples, seed=1)
    pieces = explanation(classifier, request, "lime")
    next(pieces)
    try:
        while True:
            pieces.send(BUDGET)
    except StopIteration as done:
        return [word.weight for word in done.value.words]


def devices(side: Side, job: Job) -> Found:
    return {"devices": side.devices()}


JOBS: dict[str, Callable[[Side, Job], Found]] = {
    "train": train,
    "serve": serve,
    "evaluate": evaluate,
    "explain": explain,
    "devices": devices,
}
