"""Integrated gradients on a real, tiny model."""

from __future__ import annotations

import numpy as np
import pytest

from inference.classifier import TorchClassifier
from inference.explain import gradients
from inference.explain.words import words_of
from tests.inference import tiny
from tests.inference.explain_parts import Desk, by_word
from tests.inference.test_long_texts_in_parts import RULE

TEXT = "I am so sad and tired today"


@pytest.fixture(scope="module")
def model():
    return TorchClassifier(tiny.classifier(max_tokens=32))


def explained(classifier, text, **options):
    own = Desk(classifier, classify_token_budget=options.pop("budget", 512))
    return own.explained(text, method="gradients", **options)


def test_the_weights_add_up_to_what_the_words_change(model):
    """That is what the method promises, in the limit of many points on the path."""
    tokens = model.encode(TEXT)
    [with_words] = model.classify([tokens])
    words = words_of(model, TEXT)
    found = whole(gradients.weights(model, words, "joy", n_points=200))
    without = score_of_emptiness(model, tokens)
    assert sum(found) == pytest.approx(with_words["joy"] - without, abs=1e-3)
    assert explained(model, TEXT, label="joy").score == with_words["joy"]


def whole(pieces):
    """Run what is cut into pieces to its end."""
    next(pieces)
    while True:
        try:
            pieces.send(4096)
        except StopIteration as end:
            return end.value


def score_of_emptiness(model, tokens):
    """The same length, but every word's token is padding that is attended to."""
    import torch

    with torch.no_grad():
        logits = model._model.model(torch.zeros((1, len(tokens)), dtype=torch.long))
    scores = logits.logits.softmax(-1)[0]
    return float(scores[model._model.labels.index("joy")])


def test_it_is_the_same_in_pieces_of_any_size(model):
    whole, cut = (explained(model, TEXT, budget=budget) for budget in (4096, 1))
    found = [[word.weight for word in one.words] for one in (whole, cut)]
    assert np.allclose(*found, atol=1e-6)
    assert set(by_word(TEXT, whole)) == set(TEXT.split())


def test_running_it_leaves_the_model_as_it_was(model):
    before = model.classify([model.encode(TEXT)])
    explained(model, TEXT)
    assert model.classify([model.encode(TEXT)]) == before
    assert all(one.grad is None for one in model._model.model.parameters())


def test_a_long_text_has_a_path_for_each_window():
    """A word's place is found again in every window that has it."""
    n_words = 40

    class Counting:
        version = "counts"

        def encode(self, text):
            return list(range(n_words + 2))

        def trace(self, text):
            from inference.backends import Encoding

            spans = [(3 * n, 3 * n + 2) for n in range(n_words)]
            return Encoding(self.encode(text), [(0, 0), *spans, (0, 0)])

        def windows(self, tokens):
            from inference.windows import windows

            return windows(tokens, RULE)

        def classify(self, batch):
            return [{"joy": 1.0} for _ in batch]

        def slopes(self, tokens, is_of_word, label, shares):
            assert len(tokens) <= RULE.size
            assert is_of_word == [0 < token <= n_words for token in tokens]
            return [[float(token) for token in tokens] for _ in shares]

    model = Counting()
    text = " ".join(f"{n:02}" for n in range(n_words))
    cut = model.windows(range(n_words + 2))
    n_times = np.bincount([place for window in cut for place in window])[1:-1]
    expected = n_times * np.arange(1, n_words + 1) / len(cut)
    found = [word.weight for word in explained(model, text).words]
    assert np.allclose(found, expected)
