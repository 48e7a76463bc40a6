"""TensorFlow's part: `python -m benchmarks.frameworks.tensorflow_side JOB`, in its venv."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import tensorflow as tf

from benchmarks.frameworks.side import run
from inference.tensorflow.classifier import KerasClassifier
from inference.tensorflow.loading import load_keras
from inference.tensorflow.models import use_device, use_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.frameworks.side import Found, Job
    from inference.backends import Classifier
    from inference.tensorflow.fit import Run


class TensorFlowSide:
    """What `manage.py train bert-news-tf` does, and what its host process does."""

    _run: Run

    def prepare(self, job: Job) -> None:
        use_threads(job.threads)
        use_device(job.device if job.kind != "devices" else "auto")

    def load(self, folder: Path, device: str) -> KerasClassifier:
        return KerasClassifier(load_keras(folder))

    def train(self, job: Job) -> Callable[[], Found]:
        from inference.tensorflow.fit import Run
        from inference.tensorflow.train import CHECKPOINT_NAME, start_model
        from inference.training.lesson import read_lesson

        folder = Path(job.lesson)
        lesson = read_lesson(folder)
        checkpoint = Path(job.result) / CHECKPOINT_NAME
        checkpoint.unlink(missing_ok=True)
        self._run = Run(start_model(folder, lesson), lesson, checkpoint)

        def fit() -> Found:
            progress = self._run.fit(lambda figures: None)
            return {"history": progress.history, "steps": progress.step}

        return fit

    def finish(self, job: Job) -> None:
        from safetensors.numpy import save_file

        from inference.tensorflow.weights import read
        from inference.training.lesson import WEIGHTS_NAME

        save_file(read(self._run.model), Path(job.result) / WEIGHTS_NAME)

    def save_as_usual(self, classifier: Classifier, folder: Path) -> Path:
        model: Any = classifier
        path = folder / "usual.weights.h5"
        model._model.model.save_weights(path)
        return path

    def devices(self) -> list[str]:
        has_gpu = bool(tf.config.list_physical_devices("GPU"))
        return ["cpu", *(["cuda"] if has_gpu else [])]


if __name__ == "__main__":
    run(TensorFlowSide())
