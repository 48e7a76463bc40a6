"""A lesson tells another framework just what PyTorch's own run would do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from inference.training.fit import Run
from inference.training.handover import lesson_of
from inference.training.lesson import PLAN_NAME, read_lesson, read_plan, read_start
from tests.tensorflow.parts import RULE, trainee, write_lesson_of


@pytest.fixture
def taught(tmp_path):
    return trainee(tmp_path)


def test_it_comes_back_as_it_was_written(taught, tmp_path):
    write_lesson_of(tmp_path / "lesson", taught)
    written, found = lesson_of(taught, "a test"), read_lesson(tmp_path / "lesson")
    assert found.plan == written.plan
    assert found.steps == written.steps
    assert found.validation == written.validation
    assert np.array_equal(found.truth, written.truth)
    for own, other in zip(found.targets, written.targets, strict=True):
        assert np.array_equal(own, other)
    start = read_start(tmp_path / "lesson")
    for key, weight in taught.model.state_dict().items():
        assert np.array_equal(start[key], weight.numpy()), key


def test_its_steps_are_those_of_torchs_run(taught, tmp_path, monkeypatch):
    """The rates, the tokens in their order, the labels: as the run itself asks for them."""
    lesson = lesson_of(taught, "a test")
    seen, rates = [], []
    loss = taught.loss

    def watch(batch, epoch):
        seen.append((taught.tokens(batch, epoch), taught.target(batch)))
        rates.append(run.optimizer.param_groups[0]["lr"])
        return loss(batch, epoch)

    monkeypatch.setattr(taught, "loss", watch)
    run = Run(taught, taught.settings, tmp_path / "checkpoint.pt", "test")
    run.fit()
    assert [tokens for tokens, _ in seen] == list(lesson.steps)
    assert rates == pytest.approx(lesson.plan.rates)
    for (_, target), own in zip(seen, lesson.targets, strict=True):
        assert torch.equal(target, torch.from_numpy(own))
    assert len(lesson.steps) == 2 * lesson.plan.per_epoch


def test_what_judges_is_read_whole_in_windows(taught):
    lesson = lesson_of(taught, "a test")
    n_windows = [len(rows) for rows in lesson.validation]
    assert max(n_windows) > 1
    assert max(len(row) for rows in lesson.validation for row in rows) <= RULE.size
    labels = [row.label for row in taught.texts.validation["news"]]
    assert [lesson.plan.labels[i] for i in lesson.truth] == labels


def test_a_run_of_half_an_epoch_has_half_the_steps(taught):
    taught.settings = dataclasses.replace(taught.settings, epochs=0.5)
    lesson = lesson_of(taught, "a test")
    assert (
        len(lesson.steps) == len(lesson.plan.rates) == round(lesson.plan.per_epoch / 2)
    )


def test_half_a_lesson_is_none(taught, tmp_path):
    folder = tmp_path / "lesson"
    write_lesson_of(folder, taught)
    (folder / PLAN_NAME).unlink()
    with pytest.raises(FileNotFoundError):
        read_plan(folder)
