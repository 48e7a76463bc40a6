"""Write down a training run for another framework, before its first step is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from inference.training.fit import n_steps_of, share_of_rate
from inference.training.lesson import Lesson, Plan, write_lesson
from inference.training.saving import unique_arrays
from inference.training.scoring import truth_of
from inference.training.start import start_classifier
from inference.training.trainee import ClassifierTrainee
from inference.windows import windows

if TYPE_CHECKING:
    from pathlib import Path

    from inference.training.order import Order
    from inference.training.presets import ClassifierPreset
    from inference.training.trainee import Texts


def hand_over(
    order: Order, preset: ClassifierPreset, texts: Texts, folder: Path
) -> ClassifierTrainee:
    """Write the lesson of the order's run into `folder`; return what would be trained.

    Its start is the run's own, head and all, and so are its batches, tokens and rates.
    """
    words = [row.text for row in texts.train]
    start = start_classifier(order, preset, words, texts.labels)
    trainee = ClassifierTrainee(
        start.model, start.tokenizer, texts, preset, order, None
    )
    write_lesson(
        folder,
        lesson_of(trainee, f"{order.identity} {preset}"),
        unique_arrays(start.model.state_dict()),
        start.model.config.to_json_string(use_diff=True),
        start.tokenizer.to_str(),
    )
    return trainee


def lesson_of(trainee: ClassifierTrainee, identity: str) -> Lesson:
    """Return all steps of the trainee's run, and what would judge its epochs."""
    settings, per_epoch = trainee.settings, len(trainee.batches(0))
    n_steps = n_steps_of(settings, per_epoch)
    steps = [divmod(step, per_epoch) for step in range(n_steps)]
    plans = {epoch: trainee.batches(epoch) for epoch, _ in steps}
    batches = [(plans[epoch][at], epoch) for epoch, at in steps]
    main = next(iter(trainee.texts.validation.values()))
    plan = Plan(
        identity=identity,
        labels=tuple(trainee.texts.labels),
        rates=tuple(
            settings.learning_rate * share_of_rate(step, n_steps, settings)
            for step in range(n_steps)
        ),
        per_epoch=per_epoch,
        weight_decay=settings.weight_decay,
        seed=settings.seed,
        pad_token=trainee.model.config.pad_token_id or 0,
        save_every_s=settings.save_every_s,
    )
    return Lesson(
        plan,
        steps=[trainee.tokens(batch, epoch) for batch, epoch in batches],
        targets=[trainee.target(batch).numpy() for batch, _ in batches],
        validation=_read_whole(trainee, [row.text for row in main]),
        truth=np.asarray(truth_of(main, trainee.texts.labels)),
    )


def _read_whole(trainee: ClassifierTrainee, texts: list[str]) -> list[list[list[int]]]:
    encoded = [encoding.ids for encoding in trainee.tokenizer.encode_batch(texts)]
    rule = trainee.rule
    return [windows(ids, rule) if rule else [ids] for ids in encoded]
