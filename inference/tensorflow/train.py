"""The training process: `python -m inference.tensorflow.train LESSON RESULT`.

Reads a lesson (`inference.training.lesson`), trains, and writes RESULT: the best epoch's
weights in `weights.safetensors` by transformers' names and, last, `result.json`. Each
epoch's figures go to stdout, a JSON object a line. Ctrl-C saves and exits with 130.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
from safetensors.numpy import save_file

from inference.classifier_files import CONFIG_NAME
from inference.tensorflow.fit import Interrupted, Run
from inference.tensorflow.model import build_model
from inference.tensorflow.models import use_device, use_threads
from inference.tensorflow.weights import fill, read
from inference.training.lesson import (
    RESULT_NAME,
    WEIGHTS_NAME,
    read_lesson,
    read_start,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inference.training.lesson import Lesson

CHECKPOINT_NAME = "checkpoint.npz"
STOPPED_BY_CTRL_C = 130
KIB = 2**10


def start_model(folder: Path, lesson: Lesson) -> Any:
    """Return the model that the lesson starts from, its dropout's dice set by the seed."""
    keras.utils.set_random_seed(lesson.plan.seed)
    config = json.loads((folder / CONFIG_NAME).read_text("utf-8"))
    model = build_model(config, len(lesson.plan.labels))
    fill(model, read_start(folder))
    return model


def train(folder: Path, result: Path) -> None:
    """Follow the lesson to its end, or raise Interrupted once the run is saved."""
    lesson = read_lesson(folder)
    model = start_model(folder, lesson)
    result.mkdir(parents=True, exist_ok=True)
    run = Run(model, lesson, result / CHECKPOINT_NAME)
    progress = run.fit(_tell)
    save_file(read(model), result / WEIGHTS_NAME)
    told = asdict(progress) | {
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB
    }
    (result / RESULT_NAME).write_text(json.dumps(told))
    run.checkpoint.unlink(missing_ok=True)


def _tell(figures: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m inference.tensorflow.train")
    parser.add_argument("lesson", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--cpu", action="store_true", help="use no GPU")
    options = parser.parse_args(arguments)
    use_threads(options.threads)
    use_device("cpu" if options.cpu else "auto")
    try:
        train(options.lesson, options.result)
    except Interrupted:
        return STOPPED_BY_CTRL_C
    return 0


if __name__ == "__main__":
    sys.exit(main())
