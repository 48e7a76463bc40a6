from __future__ import annotations

from dataclasses import replace

import pytest

from inference.classifier import TorchClassifier
from inference.registry import EMOTION_LABELS
from inference.windows import WindowRule, pooled
from tests.inference import tiny

TEXTS = [
    "i am so sad",
    "hello",
    "",
    "what should i do today you are happy",
    "words unknown",
]


@pytest.fixture(scope="module")
def classifier():
    return TorchClassifier(tiny.classifier())


def test_scores_are_in_label_order_and_sum_to_one(classifier):
    for scores in classifier.classify(
        [classifier.encode(text) or [1] for text in TEXTS]
    ):
        assert tuple(scores) == EMOTION_LABELS
        assert sum(scores.values()) == pytest.approx(1.0, abs=1e-9)
        assert min(scores.values()) > 0


def test_a_batch_gives_the_same_scores_as_one_by_one(classifier):
    batch = [classifier.encode(text) or [1] for text in TEXTS]
    for tokens, together in zip(batch, classifier.classify(batch), strict=True):
        (alone,) = classifier.classify([tokens])
        assert list(together.values()) == pytest.approx(list(alone.values()), abs=1e-5)


def test_a_long_text_is_cut_to_what_the_model_reads(classifier):
    tokens = classifier.encode("sad " * 4000)
    assert len(tokens) == 16
    assert len(classifier.classify([tokens])) == 1


def test_it_says_which_version_it_is(classifier):
    assert classifier.version == "tiny-bert"


def test_a_text_in_windows_is_read_whole_and_pooled():
    loaded = replace(tiny.classifier(), windows=WindowRule(8, 2, 4))
    loaded.tokenizer.no_truncation()
    classifier = TorchClassifier(loaded)
    tokens = classifier.encode("sad i am happy today " * 20)
    parts = classifier.windows(tokens)
    long, short, again = classifier.classify([tokens, parts[0], tokens])
    each = classifier.classify(parts)

    assert len(tokens) == 100
    assert [len(part) for part in parts] == [8] * 4
    assert list(long.values()) == pytest.approx(list(pooled(each).values()), abs=1e-6)
    assert list(short.values()) == pytest.approx(list(each[0].values()), abs=1e-6)
    assert again == pytest.approx(long, abs=1e-6)
    assert long != pytest.approx(short, abs=2e-7)
