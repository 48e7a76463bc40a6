"""The twin in TensorFlow computes what torch does, from the very same files."""

from __future__ import annotations

import sys

import pytest
import torch
from safetensors.torch import load_file

from inference.classifier import TorchClassifier
from inference.loading import load_classifier
from inference.registry import weights_dir
from inference.training.fit import Run
from tests.tensorflow.parts import SHIPPED, TEXTS, torch_scores, trainee

pytestmark = pytest.mark.timeout(900)  # the first one waits for all of TensorFlow
SAME = 1e-4  # between two probabilities


def greatest_gap(own, other):
    for one, two in zip(own, other, strict=True):
        assert one.keys() == two.keys()
    return max(
        abs(one[label] - two[label])
        for one, two in zip(own, other, strict=True)
        for label in one
    )


@pytest.mark.parametrize("name", ["whole", "cut"])
def test_it_agrees_with_torch_on_the_same_weights(answers, folder, name):
    """A short text, a long one, an empty one, unknown words; alone and side by side."""
    expected = torch_scores(folder / name, TEXTS)
    tops = [max(scores.values()) for scores in expected]
    assert max(tops) > 0.4, "scores all alike prove nothing"
    assert greatest_gap(answers[name]["alone"], expected) < SAME
    assert greatest_gap(answers[name]["together"], expected) < SAME


def test_windows_change_what_a_long_text_scores(answers):
    """Else the agreement on windows would say nothing."""
    at = TEXTS.index(max(TEXTS, key=len))
    cut, whole = answers["cut"]["alone"][at], answers["whole"]["alone"][at]
    assert greatest_gap([cut], [whole]) > 10 * SAME


def test_it_agrees_on_the_weights_that_ship(answers):
    if "shipped" not in answers:
        pytest.skip(f"{SHIPPED} is not trained here")
    expected = torch_scores(weights_dir(SHIPPED), TEXTS)
    assert greatest_gap(answers["shipped"]["alone"], expected) < SAME


def test_its_gradients_are_torchs(answers, folder):
    classifier = TorchClassifier(load_classifier(folder / "whole"))
    tokens = classifier.trace(TEXTS[0]).tokens
    is_of_word = [0 < i < len(tokens) - 1 for i in range(len(tokens))]
    expected = classifier.slopes(tokens, is_of_word, "sport", [0.25, 0.75])
    own = torch.tensor(answers["slopes"])
    assert own.abs().max() > 1e-3
    torch.testing.assert_close(own, torch.tensor(expected), atol=1e-5, rtol=1e-3)


def test_its_weights_come_back_under_torchs_names(answers):
    assert answers["read_back"] == 0.0


def test_another_activation_is_refused(answers):
    assert "hidden_act is 'gelu'" in answers["erf"]


def test_torch_is_not_in_its_process_nor_tensorflow_in_ours(answers):
    assert answers["modules"] == []
    assert not {"tensorflow", "keras"} & set(sys.modules)


def test_the_same_lesson_teaches_the_same_weights(answers, folder):
    """Ten steps of AdamW, warm-up, decay and cut gradients, in both, without dropout."""
    taught = trainee(folder)
    before = {key: value.clone() for key, value in taught.model.state_dict().items()}
    run = Run(taught, taught.settings, folder / "checkpoint.pt", "test")
    run.fit()
    own = load_file(folder / "still-result" / "weights.safetensors")
    learnt = taught.model.state_dict()
    # A key's bias adds the same to all scores of a query: its slope is rounding alone.
    names = [key for key in learnt if not key.endswith("key.bias")]
    gaps = torch.cat([(own[key] - learnt[key]).abs().flatten() for key in names])
    assert gaps.median() < 1e-6
    # A slope of almost nothing has no sure sign, and AdamW steps by signs at first.
    assert (gaps > 2e-5).float().mean() < 0.02
    assert gaps.max() < taught.settings.learning_rate
    moved = [(own[key] - before[key]).abs().max() for key in names]
    assert min(moved) > 1e-3, "what did not learn proves nothing"


def test_a_run_that_was_interrupted_ends_with_the_same_weights(answers, folder):
    assert answers["interrupted"].startswith("saved at step")
    whole, parts = (
        load_file(folder / f"{name}-result" / "weights.safetensors")
        for name in ("shaken", "interrupted")
    )
    for key, weight in whole.items():
        assert torch.equal(parts[key], weight), key


def test_dropout_is_at_work_where_the_config_asks_for_it(answers, folder):
    still, shaken = (
        load_file(folder / f"{name}-result" / "weights.safetensors")
        for name in ("still", "shaken")
    )
    assert not torch.equal(still["classifier.weight"], shaken["classifier.weight"])
