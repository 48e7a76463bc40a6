"""What a student learns from a teacher: its scores, and its layers where they are alike."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy, kl_div

from inference.training.teacher import Teacher
from tests.inference.family_parts import bert

IDS = torch.tensor([[2, 40, 41, 42, 3], [2, 50, 3, 0, 0]])
MASK = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
TARGET = torch.eye(6)[[2, 4]]


def encoded(n_padding: int = 0) -> dict[str, torch.Tensor]:
    """Return the batch with so many more columns of padding."""
    more = torch.zeros(2, n_padding, dtype=torch.long)
    return {
        "input_ids": torch.cat([IDS, more], 1),
        "attention_mask": torch.cat([MASK, more], 1),
    }


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5])
@pytest.mark.parametrize("layers", [0.0, 1.0])
def test_who_says_what_the_teacher_says_has_the_labels_to_learn(
    share: float, layers: float
) -> None:
    model = bert()
    loss = Teacher(model, share, layers).loss(model, encoded(), TARGET)
    labels = cross_entropy(model(**encoded()).logits, TARGET)

    assert loss.item() == pytest.approx((1 - share) * labels.item(), rel=1e-5)


def test_the_scores_count_at_a_temperature_of_two() -> None:
    teacher, student = bert(1), bert(2)
    loss = Teacher(teacher, share=1.0).loss(student, encoded(), TARGET)
    softer = [
        (model(**encoded()).logits / 2).log_softmax(-1) for model in (student, teacher)
    ]
    gap = kl_div(*softer, reduction="sum", log_target=True) / len(IDS)

    assert loss.item() == pytest.approx(4 * gap.item(), rel=1e-5)
    assert loss.item() > 1e-4


def test_layers_add_their_mean_square_difference() -> None:
    teacher, student = bert(1), bert(2)
    plain = Teacher(teacher).loss(student, encoded(), TARGET)
    with_layers = Teacher(teacher, layers=2.0).loss(student, encoded(), TARGET)
    outputs = [
        model(**encoded(), output_hidden_states=True).hidden_states
        for model in (student, teacher)
    ]
    real = MASK.bool()
    gaps = [(a[real] - b[real]).square().mean() for a, b in zip(*outputs, strict=True)]

    assert len(gaps) == 1 + 6
    expected = 2.0 * torch.stack(gaps).mean().item()
    assert (with_layers - plain).item() == pytest.approx(expected, rel=1e-4)


def test_padding_has_no_part_in_the_loss() -> None:
    teacher = Teacher(bert(1), layers=1.0)
    student = bert(2)
    losses = [teacher.loss(student, encoded(n), TARGET).item() for n in (0, 3, 15)]

    assert losses == pytest.approx([losses[0]] * 3, abs=1e-5)


def test_only_the_student_learns() -> None:
    teacher, student = bert(1), bert(2)
    Teacher(teacher, layers=1.0).loss(student, encoded(), TARGET).backward()

    assert all(weight.grad is None for weight in teacher.parameters())
    assert student.get_input_embeddings().weight.grad.count_nonzero() > 0


def test_a_student_of_another_depth_cannot_learn_the_layers() -> None:
    student = bert(2)
    del student.base_model.encoder.layer[3:]

    with pytest.raises(ValueError, match="longer"):
        Teacher(bert(1), layers=1.0).loss(student, encoded(), TARGET)
