"""Texts side by side in one row give what they give alone, and no padding is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from inference.classifier import FLAT_FORWARD_TOKENS, TorchClassifier
from inference.flat import Rows, flattened
from inference.grouping import grouped
from inference.loading import load_classifier
from inference.registry import CLASSIFIERS, is_trained, runs_in, weights_dir
from tests.inference import tiny

if TYPE_CHECKING:
    from torch import Tensor

TEXTS = [
    "i passed the exam and my whole family danced in the kitchen",
    "",
    "nobody came",
    "😭",
    "he read my diary out loud in front of everyone and laughed, twice, in a row",
]
SHIPPED = [name for name in CLASSIFIERS if runs_in("pytorch", name)]


def with_mask(loaded: Any, batch: list[list[int]]) -> Tensor:
    """Return the scores (B, C) as transformers computes them, padding and all."""
    longest = max(map(len, batch))
    ids = [[*row, *[loaded.pad_token] * (longest - len(row))] for row in batch]
    mask = [[int(at < len(row)) for at in range(longest)] for row in batch]
    found = loaded.model(torch.tensor(ids), attention_mask=torch.tensor(mask))
    scores: Tensor = (found.logits / loaded.temperature).softmax(-1)
    return scores


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("n_texts", [1, len(TEXTS)])
def test_scores_are_those_of_transformers(name: str, n_texts: int) -> None:
    if not is_trained(name):
        pytest.skip(f"{name} is not trained yet")
    padded = load_classifier(weights_dir(name))
    classifier = TorchClassifier(load_classifier(weights_dir(name)))
    batch = [classifier.encode(text) for text in TEXTS[:n_texts]]
    with torch.inference_mode():
        expected = with_mask(padded, batch)
    found = [list(scores.values()) for scores in classifier.classify(batch)]

    assert torch.allclose(torch.tensor(found), expected, atol=1e-5)


def test_nothing_is_computed_for_padding_nor_for_what_no_head_reads() -> None:
    classifier = TorchClassifier(tiny.classifier())
    seen: list[tuple[int, ...]] = []
    for layer in classifier._model.model.bert.encoder.layer:
        layer.intermediate.register_forward_pre_hook(
            lambda _, given: seen.append(tuple(given[0].shape[:2]))
        )
    classifier.classify([[2, 3, 4], [5], [6, 7]])

    assert seen == [(1, 6), (1, 3)]  # all tokens, then each text's first


def test_rows_say_where_everything_is() -> None:
    rows = Rows.of([3, 1, 2])

    assert rows.real.tolist() == [0, 1, 2, 3, 6, 7]
    assert rows.places.tolist() == [0, 1, 2, 3, 0, 0, 4, 5, 0]
    assert rows.firsts.tolist() == [0, 3, 4]
    assert rows.mask is not None
    assert rows.mask.flatten(1).sum(1).tolist() == [3, 1, 2]
    assert Rows.of([2, 2]).mask is None


def test_its_modules_and_weights_keep_their_names() -> None:
    model = tiny.classifier().model
    modules, weights = dict(model.named_modules()), list(model.state_dict())

    assert flattened(model)
    assert dict(model.named_modules()) == modules
    assert list(model.state_dict()) == weights


def test_a_family_that_is_not_known_is_left_as_it_is() -> None:
    model = tiny.classifier().model
    model.config.model_type = "xlnet"

    assert not flattened(model)
    assert "forward" not in vars(model.bert.encoder)


def test_texts_of_a_chat_are_read_at_once_and_a_very_long_one_apart() -> None:
    assert len(grouped([5, 40, 12, 28] * 4, FLAT_FORWARD_TOKENS)) == 1
    assert grouped([10] * 31 + [256], FLAT_FORWARD_TOKENS)[-1] == [31]
