"""What the training loop trains: a classifier, its texts, its loss, its score."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer
from torch.nn.functional import cross_entropy

from inference.training.augment import augment
from inference.training.batches import plan_batches
from inference.training.data import NO_LABEL
from inference.training.families import longest_input
from inference.training.scoring import as_batch, evaluate_rows
from inference.training.tutors import tutors_scores
from inference.windows import windows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from transformers import PreTrainedModel

    from inference.training.data import LabelledText
    from inference.training.order import Order
    from inference.training.presets import ClassifierPreset
    from inference.training.teacher import Teacher
    from inference.windows import WindowRule

TUTORS_SHARE = 0.6
SHOWN = ("accuracy", "macro_f1", "ece")


@dataclass(frozen=True, slots=True)
class Texts:
    """What to learn from, and the held-out texts of each kind, the main kind first.

    `neutral` are held-out texts without an emotion; the first `n_main` of `train` are of
    the main kind. No tutor is asked about the `sure` ones: each was written to be what its
    label says.
    """

    train: Sequence[LabelledText]
    validation: Mapping[str, Sequence[LabelledText]]
    neutral: Sequence[LabelledText]
    labels: Sequence[str]
    n_main: int = 0
    sure: Set[str] = frozenset()


def rule_for(preset: ClassifierPreset, model: PreTrainedModel) -> WindowRule | None:
    """Return the preset's windows, no longer than the model has positions for."""
    rule = preset.windows
    return rule and replace(rule, size=min(rule.size, longest_input(model)))


class ClassifierTrainee:
    """Cross entropy over augmented texts, and what a teacher or tutors say of them.

    A text without an emotion is to be answered by equal scores. An epoch is scored by the
    mean of accuracy and macro F1, on the main texts and on our own chat messages.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: Tokenizer,
        texts: Texts,
        preset: ClassifierPreset,
        order: Order,
        teacher: Teacher | None,
    ) -> None:
        self.model = model
        self.texts = texts
        self.preset = preset
        self.teacher = teacher
        self.seed = order.seed
        self.n_texts = len(texts.train)
        self.settings = replace(
            preset.fit,
            epochs=order.epochs or preset.fit.epochs,
            learning_rate=order.learning_rate or preset.fit.learning_rate,
            seed=order.seed,
        )
        self.tokenizer = Tokenizer.from_str(tokenizer.to_str())
        self.rule = rule_for(preset, model)
        longest = min(preset.train_tokens, longest_input(model))
        if self.rule:
            longest = self.rule.size
            self.tokenizer.no_truncation()
        else:
            self.tokenizer.enable_truncation(longest)
        encoded = self.tokenizer.encode_batch([row.text for row in texts.train])
        self.rows = [encoding.ids for encoding in encoded]
        self.lengths = [min(len(row), longest) for row in self.rows]
        self.targets = {
            label: torch.eye(len(texts.labels))[i]
            for i, label in enumerate(texts.labels)
        }
        self.targets[NO_LABEL] = torch.full((len(texts.labels),), 1 / len(texts.labels))
        self.tutored = self._ask_tutors(order)

    def batches(self, epoch: int) -> list[list[int]]:
        size = self.settings.batch_size
        return plan_batches(self.lengths, size, seed=self.seed, epoch=epoch)

    def loss(self, batch: list[int], epoch: int) -> torch.Tensor:
        encoded = as_batch(self.model, self.tokens(batch, epoch))
        target = self.target(batch).to(encoded["input_ids"].device)
        if self.teacher is None:
            return cross_entropy(self.model(**encoded).logits, target)
        return self.teacher.loss(self.model, encoded, target)

    def validate(self, model: PreTrainedModel) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, rows in self.texts.validation.items():
            result = evaluate_rows(
                model, self.tokenizer, rows, self.texts.labels, rule=self.rule
            )
            figures |= {f"{name}_{key}": round(result[key], 4) for key in SHOWN}
        return {"score": self._score(figures), **figures}

    def _ask_tutors(self, order: Order) -> torch.Tensor | None:
        if not order.tutors:
            return None
        train, sure = self.texts.train, self.texts.sure
        asked = [i for i, row in enumerate(train) if row.text not in sure]
        scores = torch.stack([self.targets[row.label] for row in train])
        scores[asked] = tutors_scores(
            order.tutors, [train[i].text for i in asked], self.texts.labels, order.work
        )
        return scores

    def target(self, batch: list[int]) -> torch.Tensor:
        """Return the scores to learn (B, C): the label's, mixed with the tutors'."""
        labels = [self.texts.train[i].label for i in batch]
        target = torch.stack([self.targets[label] for label in labels])
        if self.tutored is None:
            return target
        return (1 - TUTORS_SHARE) * target + TUTORS_SHARE * self.tutored[batch]

    def _score(self, figures: Mapping[str, float]) -> float:
        names = list(self.texts.validation)
        judges = [name for i, name in enumerate(names) if not i or name == "own"]
        of_each = [figures[f"{n}_accuracy"] + figures[f"{n}_macro_f1"] for n in judges]
        return sum(of_each) / (2 * len(judges))

    def tokens(self, batch: list[int], epoch: int) -> list[list[int]]:
        """Return what the model reads of each text in this epoch."""
        if self.rule:
            return [self._window(i, epoch, self.rule) for i in batch]
        texts = [self._text(i, epoch) for i in batch]
        return [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]

    def _window(self, index: int, epoch: int, rule: WindowRule) -> list[int]:
        """Draw one of the text's windows, all as likely, another one each epoch."""
        parts = windows(self.rows[index], rule)
        return random.Random(f"{self.seed}-{epoch}-{index}").choice(parts)

    def _text(self, index: int, epoch: int) -> str:
        row = self.texts.train[index]
        is_kept = self.preset.main_repeats > 1 and index < self.texts.n_main
        if is_kept or not self.preset.augments:
            return row.text
        return augment(
            row.text, random.Random(f"{self.seed}-{epoch}-{index}"), row.label
        )
