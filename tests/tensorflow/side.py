"""What the tests ask of TensorFlow: `python -m tests.tensorflow.side JOB`, in its own venv.

One process for all questions, because each import of TensorFlow costs seconds. Never
imports torch: who asks compares what both say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from inference.errors import ModelFileError
from inference.model_files import read_files, read_manifest
from inference.tensorflow.classifier import KerasClassifier
from inference.tensorflow.fit import Interrupted, Run
from inference.tensorflow.loading import load_keras
from inference.tensorflow.models import use_threads
from inference.tensorflow.train import start_model, train
from inference.tensorflow.weights import read
from inference.tensors import read_weights
from inference.training.lesson import read_lesson


def scores(folder, texts):
    classifier = KerasClassifier(load_keras(Path(folder)))
    alone = [classifier.classify([classifier.encode(text)])[0] for text in texts]
    together = classifier.classify([classifier.encode(text) for text in texts])
    return {"alone": alone, "together": together, "version": classifier.version}


def slopes(folder, text, label):
    classifier = KerasClassifier(load_keras(Path(folder)))
    tokens = classifier.trace(text).tokens
    is_of_word = [0 < i < len(tokens) - 1 for i in range(len(tokens))]
    return classifier.slopes(tokens, is_of_word, label, [0.25, 0.75])


def read_back(folder):
    """Return the greatest difference of the weights on disk and those read from Keras."""
    folder = Path(folder)
    stored = read_weights(folder, read_files(folder, read_manifest(folder)))
    own = read(load_keras(folder).model)
    assert own.keys() == stored.keys()
    assert all(own[key].shape == stored[key].shape for key in own)
    return max(float(np.abs(own[key] - stored[key]).max()) for key in own)


def refusal(folder):
    try:
        load_keras(Path(folder))
    except ModelFileError as error:
        return str(error)
    return ""


def interrupted(folder, result):
    """Train in two parts, as after Ctrl-C in the middle of the second epoch."""
    folder, result = Path(folder), Path(result)
    lesson = read_lesson(folder)
    run = Run(start_model(folder, lesson), lesson, result / "checkpoint.npz")
    learn, n_left = run._learn, lesson.plan.per_epoch + 1

    def until_stopped(*batch):
        nonlocal n_left
        n_left -= 1
        if n_left < 0:
            raise KeyboardInterrupt
        return learn(*batch)

    run._learn = until_stopped
    try:
        run.fit(lambda figures: None)
    except Interrupted as error:
        train(folder, result)
        return str(error)
    return "was not interrupted"


ASKED = {
    "scores": scores,
    "slopes": slopes,
    "read_back": read_back,
    "refusal": refusal,
    "train": lambda folder, result: train(Path(folder), Path(result)),
    "interrupted": interrupted,
    "modules": lambda: sorted({"torch", "transformers"} & set(sys.modules)),
}


def main():
    use_threads(1)
    job = Path(sys.argv[1])
    answers = {
        name: ASKED[kind](*arguments)
        for name, (kind, *arguments) in json.loads(job.read_text()).items()
    }
    job.with_suffix(".answers").write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
