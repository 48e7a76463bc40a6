"""Our LIME beside the `lime` package: the same samples, the same weights."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import spearmanr

from inference.classifier import TorchClassifier
from inference.explain import lime
from inference.explain.explanation import explanation
from inference.explain.words import WORD
from inference.loading import load_classifier
from inference.registry import EMOTION_LABELS, weights_dir
from inference.training.own_lines import own_validation
from inference.types import ExplainRequest

lime_base = pytest.importorskip("lime.lime_base", reason="requirements-dev.txt")
lime_text = pytest.importorskip("lime.lime_text", reason="requirements-dev.txt")

MODEL = "distilbert"  # the smallest one
N_TEXTS, N_SAMPLES, SEED = 50, 100, 7
LEAST_CORRELATION = 0.95


def kernel(distances):
    return np.sqrt(np.exp(-(distances**2) / lime.KERNEL_WIDTH**2))


def reference_weights(kept, scores):
    """What the package's own regressions make of our samples."""
    base = lime_base.LimeBase(kernel)
    samples = kept.astype(float)
    cosine = np.sqrt(samples.mean(axis=1))
    found = base.explain_instance_with_data(
        samples, scores[:, None], 100 * (1 - cosine), 0, lime.N_FEATURES
    )
    weights = np.zeros(kept.shape[1])
    for word, weight in found[1]:
        weights[word] = weight
    return weights


@pytest.mark.parametrize("n_words", [1, 2, 9, 10, 11, 40])
def test_the_regressions_are_the_references(n_words):
    kept = lime.masks(n_words, 200, SEED)
    draw = np.random.default_rng(n_words)
    scores = kept @ draw.normal(size=n_words) + draw.normal(size=200) / 10
    expected = reference_weights(kept, scores)
    assert np.allclose(lime.weights(kept, scores), expected, atol=1e-9)
    assert np.count_nonzero(expected) == min(n_words, lime.N_FEATURES)


def test_the_samples_are_the_references():
    text = "I am so very glad that you are here again"
    drawn = []

    def classify(texts):
        drawn.extend(texts)
        return np.tile([0.25, 0.75], (len(texts), 1))

    reference(seed=SEED).explain_instance(text, classify, num_samples=300)
    words = text.split()
    ours = [
        " ".join(word for word, is_kept in zip(words, row, strict=True) if is_kept)
        for row in lime.masks(len(words), 300, SEED)
    ]
    assert [" ".join(text.split()) for text in drawn] == ours


def reference(seed):
    """The package, told to take each word by itself and to leave it out."""
    return lime_text.LimeTextExplainer(
        split_expression=WORD.findall, bow=False, mask_string="", random_state=seed
    )


class Remembering:
    """A classifier that computes no text twice, whichever of the two asks."""

    def __init__(self, classifier):
        self.version, self.encode = classifier.version, classifier.encode
        self.trace, self._classify = classifier.trace, classifier.classify
        self._known = {}

    def classify(self, batch):
        keys = [tuple(tokens) for tokens in batch]
        new = sorted({key for key in keys if key not in self._known}, key=len)
        for start in range(0, len(new), 32):
            part = new[start : start + 32]
            self._known |= dict(zip(part, self._classify(part), strict=True))
        return [self._known[key] for key in keys]

    def of_texts(self, texts):
        """Return what the package asks for: (texts, labels)."""
        rows = self.classify([self.encode(text) for text in texts])
        return np.array([list(row.values()) for row in rows])


@pytest.fixture(scope="module")
def classifier():
    return Remembering(TorchClassifier(load_classifier(weights_dir(MODEL))))


@pytest.fixture(scope="module")
def texts():
    """Lines that we wrote, of 5 to 30 words."""
    lines = [row.text for row in own_validation(EMOTION_LABELS)]
    fitting = [text for text in lines if 5 <= len(WORD.findall(text)) <= 30]
    return fitting[:: len(fitting) // N_TEXTS][:N_TEXTS]


def ours_of(classifier, text):
    request = ExplainRequest("x", MODEL, text, n_samples=N_SAMPLES, seed=SEED)
    pieces = explanation(classifier, request, "lime")
    next(pieces)
    while True:
        try:
            pieces.send(2048)
        except StopIteration as end:
            return end.value


def reference_of(classifier, text, label):
    column = list(classifier.of_texts([text])[0]).index(
        max(classifier.of_texts([text])[0])
    )
    assert EMOTION_LABELS[column] == label
    explain = partial(reference(SEED).explain_instance, num_samples=N_SAMPLES)
    found = explain(text, classifier.of_texts, labels=(column,))
    weights = np.zeros(len(WORD.findall(text)))
    for word, weight in found.local_exp[column]:
        weights[word] = weight
    return weights


@pytest.mark.slow
def test_it_ranks_the_words_of_fifty_texts_as_the_reference_does(classifier, texts):
    assert len(set(texts)) == N_TEXTS
    correlations = []
    for text in texts:
        ours = ours_of(classifier, text)
        theirs = reference_of(classifier, text, ours.label)
        weights = [word.weight for word in ours.words]
        correlations.append(spearmanr(weights, theirs).statistic)
    assert min(correlations) >= LEAST_CORRELATION
