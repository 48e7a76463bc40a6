"""Measure both frameworks: A B, B A, A B …, each measurement in a process of its own."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from safetensors.numpy import load_file

from benchmarks.frameworks.lines import count_lines
from benchmarks.frameworks.side import INFO_NAME
from benchmarks.ratios import orders
from inference.classifier_files import CONFIG_NAME, TOKENIZER_NAME
from inference.model_writing import write_model
from inference.training.lesson import WEIGHTS_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.frameworks.runner import Found, Runner
    from inference.registry import Framework

FRAMEWORKS: tuple[Framework, ...] = ("pytorch", "tensorflow")
N_SPOKEN = 64  # texts whose speed is measured
N_WORDS = 60  # of each: one window, the length of a message
Pairs = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Options:
    """What is compared; all but `work` shapes the figures.

    `articles` 0 means all; an explanation draws `samples` samples for each of `explained`
    texts.
    """

    data: Path
    seeds: int = 3
    epochs: float = 1.0
    articles: int = 0
    rounds: int = 5
    explained: int = 6
    samples: int = 200
    threads: int = 1

    @property
    def digest(self) -> str:
        told = json.dumps(asdict(self), default=str, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:10]


def measure(options: Options, runner: Runner) -> Found:
    """Return every answer by device, kind and framework; raises JobError."""
    found: Found = {"devices": {}, "lines": count_lines()}
    for device in common_devices(runner):
        parts = _Comparison(options, runner, device)
        found["devices"][device] = {
            "train": parts.train(),
            "evaluate": parts.evaluate(),
            "serve": parts.serve(),
            "explain": parts.explain(),
            "same_weights": parts.same_weights(),
            "folder_bytes": parts.folder_bytes(),
        }
        found["prepared"] = parts.prepared
    return found


def common_devices(runner: Runner) -> list[str]:
    """Return the devices that both frameworks can use, the CPU first."""
    answers = [runner.ask(name, "devices", "devices") for name in FRAMEWORKS]
    return [d for d in ("cpu", "cuda") if all(d in a["devices"] for a in answers)]


class _Comparison:
    """All measurements on one device."""

    def __init__(self, options: Options, runner: Runner, device: str) -> None:
        self.options = options
        self.runner = runner
        self.device = device
        self.root = runner.work / device
        self.prepared: Found = {}

    def train(self) -> Pairs:
        """Train each seed in both; leave their models' folders."""
        answers = self._empty()
        for seed, order in enumerate(_orders(self.options.seeds), 1):
            self._prepare(seed)
            for name in order:
                answers[name].append(self._train(name, seed))
        return answers

    def evaluate(self) -> Pairs:
        answers = self._empty()
        for seed, order in enumerate(_orders(self.options.seeds), 1):
            for name in order:
                found = self._ask(
                    name,
                    "evaluate",
                    f"evaluate-{seed}",
                    folder=str(self._folder(name, seed)),
                    result=str(self._result(name, seed)),
                    test=str(self.options.data / "test.csv"),
                )
                answers[name].append(found)
        return answers

    def serve(self) -> Pairs:
        """Serve the first seed's model of each, as often as there are rounds."""
        answers, texts = self._empty(), short_texts(self.options.data, N_SPOKEN)
        for n, order in enumerate(_orders(self.options.rounds), 1):
            for name in order:
                folder = str(self._folder(name, 1))
                found = self._ask(
                    name, "serve", f"serve-{n}", folder=folder, texts=texts
                )
                answers[name].append(found)
        return answers

    def explain(self) -> Pairs:
        """Explain the same texts by each seed's model of each framework."""
        answers = self._empty()
        for seed, order in enumerate(_orders(self.options.seeds), 1):
            for name in order:
                folder = self._folder(name, seed)
                answers[name].append(self._explain(name, f"explain-{seed}", folder))
        return answers

    def same_weights(self) -> Pairs:
        """Explain by PyTorch's first model in both: what the framework itself changes."""
        folder = self._folder("pytorch", 1)
        return {
            name: [self._explain(name, "explain-same", folder)] for name in FRAMEWORKS
        }

    def folder_bytes(self) -> dict[str, int]:
        """Return the size of the folder that ships: int8 rows, the same format for both."""
        return {
            name: sum(f.stat().st_size for f in self._folder(name, 1).iterdir())
            for name in FRAMEWORKS
        }

    def _prepare(self, seed: int) -> None:
        self.prepared = self.runner.prepare(
            f"{self.device}-prepare-{seed}",
            lesson=str(self._lesson(seed)),
            result=str(self._lesson(seed)),
            order=self._order(seed),
        )

    def _train(self, name: Framework, seed: int) -> Found:
        result = self._result(name, seed)
        result.mkdir(parents=True, exist_ok=True)
        found = self._ask(
            name,
            "train",
            f"train-{seed}",
            lesson=str(self._lesson(seed)),
            result=str(result),
            order=self._order(seed),
        )
        if not (self._folder(name, seed) / "manifest.json").is_file():
            self._pack(name, seed)
        return found

    def _pack(self, name: Framework, seed: int) -> None:
        """Write what was learnt as the folder that would ship."""
        lesson = self._lesson(seed)
        write_model(
            self._folder(name, seed),
            load_file(self._result(name, seed) / WEIGHTS_NAME),
            (lesson / CONFIG_NAME).read_text(),
            (lesson / TOKENIZER_NAME).read_text(),
            json.loads((lesson / INFO_NAME).read_text()),
            int8=True,
        )

    def _explain(self, name: Framework, label: str, folder: Path) -> Found:
        texts = short_texts(self.options.data, self.options.explained)
        samples = self.options.samples
        return self._ask(
            name, "explain", label, folder=str(folder), texts=texts, samples=samples
        )

    def _ask(self, name: Framework, kind: str, label: str, **values: Any) -> Found:
        full = f"{self.device}-{label}"
        return self.runner.ask(name, kind, full, device=self.device, **values)

    def _order(self, seed: int) -> str:
        own = self.options
        asked = {"data": str(own.data), "epochs": own.epochs, "articles": own.articles}
        return json.dumps(asked | {"seed": seed})

    def _lesson(self, seed: int) -> Path:
        return self.root / f"lesson-{seed}"

    def _result(self, name: Framework, seed: int) -> Path:
        return self.root / f"{name}-{seed}"

    def _folder(self, name: Framework, seed: int) -> Path:
        return self._result(name, seed) / "model"

    @staticmethod
    def _empty() -> Pairs:
        return {name: [] for name in FRAMEWORKS}


def _orders(n_rounds: int) -> list[list[Framework]]:
    return cast("list[list[Framework]]", orders(FRAMEWORKS, n_rounds))


def short_texts(data: Path, n: int) -> list[str]:
    """Return the first words of articles from all over the test set."""
    texts = list(_articles(data / "test.csv"))
    step = max(1, len(texts) // n)
    return [" ".join(text.split()[:N_WORDS]) for text in texts[::step][:n]]


def _articles(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["text"]


def forget(work: Path) -> None:
    """Take away what a comparison left, so that the next one measures all anew."""
    shutil.rmtree(work, ignore_errors=True)
