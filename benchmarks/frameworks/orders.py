"""What both frameworks are to train: bert-news, by the settings of `manage.py train`."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inference.training.classifiers import read_texts
from inference.training.order import Order
from inference.training.presets import preset_for

if TYPE_CHECKING:
    from benchmarks.frameworks.side import Job
    from inference.training.presets import ClassifierPreset
    from inference.training.trainee import Texts

NAME = "bert-news"
NEVER_S = 1e9


def read_order(job: Job) -> Order:
    """Return the run that the job names; none of it is saved half-way, so as to be timed."""
    asked = json.loads(job.order)
    return Order(
        NAME,
        data=Path(asked["data"]),
        output=Path(job.result),
        work=Path(job.result),
        epochs=asked["epochs"],
        seed=asked["seed"],
        device=job.device,
    )


def preset_of(order: Order) -> ClassifierPreset:
    preset = preset_for(order.name, paper=False)
    return replace(preset, fit=replace(preset.fit, save_every_s=NEVER_S))


def texts_of(job: Job, order: Order, preset: ClassifierPreset) -> Texts:
    """Return the texts of the run: all, or as many articles as were asked for."""
    texts = read_texts(order, preset)
    wanted = json.loads(job.order)["articles"]
    if not wanted or wanted >= len(texts.train):
        return texts
    places = sorted(random.Random(1).sample(range(len(texts.train)), wanted))
    return replace(texts, train=[texts.train[i] for i in places], n_main=wanted)
