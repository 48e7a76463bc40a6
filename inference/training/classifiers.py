"""Train any classifier: one function, whatever the family."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.model_files import read_manifest
from inference.registry import CLASSIFIERS, MANIFEST_NAME
from inference.training.calibration import calibrate
from inference.training.data import (
    find_split,
    read_labelled,
    read_main,
    read_neutral,
    read_training_mix,
    without_held_out,
)
from inference.training.families import longest_input
from inference.training.fit import Run
from inference.training.own_lines import OWN_TASK, own_lines, own_validation
from inference.training.presets import ClassifierPreset, packaged_encoder, preset_for
from inference.training.reviews import check_hash, read_reviews
from inference.training.saving import save_model
from inference.training.start import LAYERS_WEIGHT, start_classifier
from inference.training.trainee import ClassifierTrainee, Texts, rule_for
from inference.training.tutors import versions

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from inference.training.data import LabelledText
    from inference.training.order import Order

VALIDATION_LIMIT = 2_000
OnEpoch = Callable[[dict[str, float]], None]


def train_classifier(order: Order, on_epoch: OnEpoch | None = None) -> str:
    """Train, write the folder with the best epoch's weights, and return its version.

    Goes on from the checkpoints of the same order. Raises DataError, Interrupted.
    """
    preset = preset_for(order.name, paper=order.paper)
    texts = read_texts(order, preset)
    words = [row.text for row in texts.train]
    start = start_classifier(order, preset, words, texts.labels)
    trainee = ClassifierTrainee(
        start.model, start.tokenizer, texts, preset, order, start.teacher
    )
    run = Run(trainee, trainee.settings, order.checkpoint, _identity(order, preset))
    run.fit(on_epoch)
    info = info_of(order, preset, texts, start.model) | {"training": _how(order, run)}
    tokenizer = start.tokenizer.to_str()
    version = save_model(
        order.output, start.model, start.model.config, tokenizer, info, int8=True
    )
    calibrate(order.output, texts)
    run.discard_checkpoint()
    for cache in order.work.glob("tutor-*.npy"):
        cache.unlink()
    return version


def _identity(order: Order, preset: ClassifierPreset) -> str:
    """Name the run by its order, its settings and, for a student, the teacher's version."""
    is_taught = order.name in LAYERS_WEIGHT and not (order.paper or order.base)
    teacher = read_manifest(order.teacher)["version"] if is_taught else ""
    return f"{order.identity} {preset} {teacher} {versions(order.tutors)}"


def calibrate_classifier(order: Order) -> dict[str, Any]:
    """Calibrate the model in `order.output` anew, as `train_classifier` does at its end."""
    preset = preset_for(order.name, paper=order.paper)
    return calibrate(order.output, read_texts(order, preset))


def read_texts(order: Order, preset: ClassifierPreset) -> Texts:
    """Return all that a run reads; our own lines come where the preset asks for them.

    Reviewed labels come as they are, but for texts that judge the model.
    """
    labels = CLASSIFIERS[order.name].labels
    main = read_main(order.data, labels)
    rows = read_training_mix(
        order.data,
        order.extra,
        labels,
        extra_limit=preset.extra_limit,
        neutral_limit=preset.neutral_limit,
        seed=order.seed,
    )
    validation = {
        folder.name: read_labelled(find_split(folder, "val"), labels)[:VALIDATION_LIMIT]
        for folder in (order.data, *order.extra)
    }
    own: list[LabelledText] = []
    if preset.own_repeats and CLASSIFIERS[order.name].task == OWN_TASK:
        own = own_lines(labels)
        rows += preset.own_repeats * own
        validation["own"] = own_validation(labels)
    if order.reviews:
        rows += without_held_out(order.data, read_reviews(order.reviews, labels))
    rows += (preset.main_repeats - 1) * main
    neutral = [row for other in order.extra for row in read_neutral(other, "val")]
    sure = {row.text for row in own}
    return Texts(rows, validation, neutral, labels, len(main), sure)


def info_of(
    order: Order, preset: ClassifierPreset, texts: Texts, model: PreTrainedModel
) -> dict[str, Any]:
    """Return what a manifest tells of the model itself."""
    return {
        "name": order.name,
        "task": CLASSIFIERS[order.name].task,
        "labels": list(texts.labels),
        "max_tokens": min(preset.max_tokens, longest_input(model)),
        **({"windows": asdict(rule)} if (rule := rule_for(preset, model)) else {}),
    }


def _base(order: Order) -> str:
    """Name what the run began with: a classifier of ours by name and version."""
    if order.base is None:
        return packaged_encoder().parent.name.replace("_", "-")
    if (Path(order.base) / MANIFEST_NAME).is_file():
        manifest = read_manifest(Path(order.base))
        return f"{manifest['name']} {manifest['version']}"
    return order.base


def _how(order: Order, run: Run) -> dict[str, Any]:
    """Tell how the weights came about, for whoever wants to make them again."""
    is_taught = order.name in LAYERS_WEIGHT and not (order.paper or order.base)
    return {
        "base": _base(order),
        "taught_by": "bert" if is_taught else "",
        "tutors": versions(order.tutors),
        "data": [order.data.name, *(folder.name for folder in order.extra)],
        "reviews": check_hash(order.reviews) if order.reviews else "",
        "n_texts": run.trainee.n_texts,
        "settings": asdict(run.settings),
        "seconds": round(run.progress.cpu_s),
        "validation": run.progress.history,
    }
