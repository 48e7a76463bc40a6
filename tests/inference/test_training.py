"""How training goes: batches, vocabularies, a loop that resumes, figures."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from inference.training.augment import augment
from inference.training.batches import pad, plan_batches
from inference.training.fit import FitSettings, Interrupted, Run
from inference.training.metrics import calibration_error, classification_figures
from inference.training.reply_vocabulary import make_tokenizer
from inference.training.vocabulary import trim_wordpiece
from tests.inference.training_parts import tiny_bert, wordpiece

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedModel


def test_batches_hold_every_text_once_and_like_lengths_together() -> None:
    lengths = [random.Random(i).randrange(3, 60) for i in range(500)]
    batches = plan_batches(lengths, 16, seed=1, epoch=0)
    spread = [max(lengths[i] for i in b) - min(lengths[i] for i in b) for b in batches]

    assert sorted(i for batch in batches for i in batch) == list(range(500))
    assert float(np.median(spread)) <= 5


def test_a_plan_depends_on_seed_and_epoch_alone() -> None:
    lengths = list(range(1, 100))
    plan = plan_batches(lengths, 8, seed=1, epoch=2)

    assert plan == plan_batches(lengths, 8, seed=1, epoch=2)
    assert plan != plan_batches(lengths, 8, seed=1, epoch=3)
    assert plan != plan_batches(lengths, 8, seed=2, epoch=2)


def test_padding_fills_on_the_right() -> None:
    assert pad([[1, 2, 3], [4]], 0).tolist() == [[1, 2, 3], [4, 0, 0]]


def test_augmented_texts_keep_their_words() -> None:
    text = "im sure i didnt feel happy about it"
    seen = {augment(text, random.Random(i)) for i in range(300)}

    assert text in seen
    assert any("i'm" in made.lower() for made in seen)
    assert any(made.isupper() for made in seen)
    assert all("happy" in made.lower() or "h" in made.lower() for made in seen)
    assert all(len(made.split()) == len(text.split()) for made in seen)


def test_a_trimmed_tokenizer_reads_its_texts_as_before() -> None:
    whole = wordpiece()
    texts = ["I feel happy", "i feels sad"] * 2
    trimmed, old_ids = trim_wordpiece(whole, texts)

    assert trimmed.get_vocab_size() == len(old_ids) < whole.get_vocab_size()
    for text in texts:
        new = trimmed.encode(text)
        assert new.tokens == whole.encode(text).tokens
        assert [old_ids[i] for i in new.ids] == whole.encode(text).ids


def test_the_reply_tokenizer_gives_any_text_back() -> None:
    made = make_tokenizer(["I'm so sorry to hear that.", "That's great!"] * 5, 400)

    for text in ("I'm so sorry!", "naïve 😢 Ω", "a  b"):
        ids = made.encode(text, add_special_tokens=False).ids
        assert made.decode(ids) == text


class TinyTrainee:
    """Learns random tokens; presses Ctrl-C before the loss number `stop_at`."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.model: PreTrainedModel = tiny_bert()
        self.n_losses = 0
        self.stop_at = stop_at

    def batches(self, epoch: int) -> list[list[int]]:
        return plan_batches([4] * 20, 4, seed=1, epoch=epoch)

    def loss(self, batch: list[int], epoch: int) -> torch.Tensor:
        if self.n_losses == self.stop_at:
            raise KeyboardInterrupt
        self.n_losses += 1
        ids = torch.tensor([[(i + j) % 10 for j in range(4)] for i in batch])
        labels = torch.tensor([i % 6 for i in batch])
        loss: torch.Tensor = self.model(input_ids=ids, labels=labels).loss
        return loss

    def validate(self, model: PreTrainedModel) -> dict[str, float]:
        return {"score": float(model.classifier.weight.sum())}


def fit(
    work: Path, stop_at: int | None = None, average: float = 0.0
) -> PreTrainedModel:
    settings = FitSettings(epochs=3, learning_rate=1e-2, batch_size=4, average=average)
    trainee = TinyTrainee(stop_at)
    Run(trainee, settings, work / "checkpoint.pt", "tiny").fit()
    return trainee.model


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_resumed_run_equals_one_never_interrupted(
    tmp_path: Path, average: float
) -> None:
    whole = fit(tmp_path / "whole", average=average)
    with pytest.raises(Interrupted):
        fit(tmp_path / "cut", stop_at=7, average=average)
    resumed = fit(tmp_path / "cut", average=average)

    for key, tensor in whole.state_dict().items():
        assert torch.equal(resumed.state_dict()[key], tensor), key


def test_a_resumed_run_remembers_the_losses_of_its_epoch(tmp_path: Path) -> None:
    fit(tmp_path / "whole")
    with pytest.raises(Interrupted):
        fit(tmp_path / "cut", stop_at=7)
    fit(tmp_path / "cut")
    settings = FitSettings(epochs=3, learning_rate=1e-2, batch_size=4)
    whole, cut = (
        Run(TinyTrainee(), settings, tmp_path / name / "checkpoint.pt", "tiny")
        for name in ("whole", "cut")
    )

    assert [sorted(epoch) for epoch in cut.progress.history] == [
        ["loss", "score", "step"]
    ] * 3
    assert cut.progress.history == whole.progress.history


def test_a_relative_rate_follows_the_size_of_each_weight(tmp_path: Path) -> None:
    settings = FitSettings(epochs=1, learning_rate=1e-2, batch_size=4, relative=True)
    run = Run(TinyTrainee(), settings, tmp_path / "checkpoint.pt", "tiny")
    groups = run.optimizer.param_groups
    sizes = [float(g["params"][0].detach().square().mean().sqrt()) for g in groups]

    assert [g["scale"] for g in groups] == pytest.approx([max(1e-3, s) for s in sizes])
    assert max(g["scale"] for g in groups) > 10 * min(g["scale"] for g in groups)


def test_a_checkpoint_of_another_run_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        fit(tmp_path, stop_at=7)
    settings = FitSettings(epochs=3, learning_rate=1e-2, batch_size=4)

    assert (
        Run(TinyTrainee(), settings, tmp_path / "checkpoint.pt", "x").progress.step == 0
    )
    assert (
        Run(TinyTrainee(), settings, tmp_path / "checkpoint.pt", "tiny").progress.step
        == 7
    )


def test_figures_of_a_known_confusion() -> None:
    scores = np.eye(3)[[0, 0, 1, 1, 2, 0]]
    figures = classification_figures(scores, np.array([0, 0, 1, 2, 2, 2]), "abc")

    assert figures["n"] == 6
    assert figures["accuracy"] == pytest.approx(4 / 6)
    assert figures["confusion"] == [[2, 0, 0], [0, 1, 0], [1, 1, 1]]
    assert figures["per_class"]["c"] == {
        "precision": 1.0,
        "recall": pytest.approx(1 / 3),
        "f1": pytest.approx(0.5),
        "n": 3,
    }
    assert figures["macro_f1"] == pytest.approx((0.8 + 2 / 3 + 0.5) / 3)


def test_calibration_error_is_the_gap_between_score_and_truth() -> None:
    scores = np.tile([0.8, 0.2], (300, 1))
    truth = np.array([0, 0, 0, 0, 1] * 60)

    assert calibration_error(scores, truth) == pytest.approx(0.0, abs=1e-9)
    assert calibration_error(scores, np.zeros(300, int)) == pytest.approx(0.2)
