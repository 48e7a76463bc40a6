"""PyTorch's part of the comparison: `python -m benchmarks.frameworks.torch_side JOB`.

What only training needs is imported only there: a process that serves is timed, too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.frameworks.side import run
from inference.classifier import TorchClassifier
from inference.loading import load_classifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.frameworks.side import Found, Job
    from inference.backends import Classifier
    from inference.training.fit import Run


class TorchSide:
    """What `manage.py train bert-news` does, and what the engine's host does."""

    _run: Run

    def prepare(self, job: Job) -> None:
        torch.set_num_threads(job.threads)

    def load(self, folder: Path, device: str) -> TorchClassifier:
        return TorchClassifier(load_classifier(folder, device))

    def train(self, job: Job) -> Callable[[], Found]:
        from benchmarks.frameworks.orders import preset_of, read_order, texts_of
        from inference.training.fit import Run
        from inference.training.start import start_classifier
        from inference.training.trainee import ClassifierTrainee

        order = read_order(job)
        preset = preset_of(order)
        texts = texts_of(job, order, preset)
        words = [row.text for row in texts.train]
        start = start_classifier(order, preset, words, texts.labels)
        trainee = ClassifierTrainee(
            start.model, start.tokenizer, texts, preset, order, None
        )
        checkpoint = Path(job.result) / "checkpoint.pt"
        checkpoint.unlink(missing_ok=True)
        self._run = Run(trainee, trainee.settings, checkpoint, order.identity)

        def fit() -> Found:
            progress = self._run.fit()
            return {"history": progress.history, "steps": progress.step}

        return fit

    def finish(self, job: Job) -> None:
        from safetensors.numpy import save_file

        from inference.training.lesson import WEIGHTS_NAME
        from inference.training.saving import unique_arrays

        self._run.discard_checkpoint()
        state = unique_arrays(self._run.trainee.model.state_dict())
        save_file(state, Path(job.result) / WEIGHTS_NAME)

    def save_as_usual(self, classifier: Classifier, folder: Path) -> Path:
        model: Any = classifier
        path = folder / "usual.pt"
        torch.save(model._model.model.state_dict(), path)
        return path

    def devices(self) -> list[str]:
        return ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


if __name__ == "__main__":
    run(TorchSide())
