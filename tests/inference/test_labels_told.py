"""What the T5 is taught to be told is what a chat tells it."""

from __future__ import annotations

import random
from dataclasses import replace

from inference.classifier import TorchClassifier
from inference.loading import load_classifier
from inference.prompt import is_told
from inference.registry import weights_dir
from inference.training.dialogue import Pair
from inference.training.labels_told import CLASSIFIER, teller
from inference.training.written_pairs import READ_SHARE, _some_as_read

TEXTS = [
    "i passed my exam, i am so happy",
    "my dog died and i cannot stop crying",
    "our choir is closing after thirty years, i keep humming the alto part",
    "the caterer cancelled two days before the wedding",
    "he is late again",
    "hm",
]


def test_the_labels_are_those_that_the_engine_reads_and_none_where_it_doubts():
    reader = TorchClassifier(load_classifier(weights_dir(CLASSIFIER)))
    read = [reader.classify([reader.encode(text)])[0] for text in TEXTS]
    best = [max(scores, key=scores.__getitem__) for scores in read]
    expected = [
        label if is_told(scores[label]) else None
        for label, scores in zip(best, read, strict=True)
    ]
    assert teller()(TEXTS) == expected
    assert expected[:2] == ["joy", "sadness"]
    assert None in expected


def test_a_share_of_the_pairs_has_the_label_read_and_nothing_else_changes():
    pairs = [Pair("anger", (), f"message {n}", "That is hard.") for n in range(400)]
    found = _some_as_read(lambda texts: [None] * len(texts), pairs, random.Random(1))
    assert [replace(pair, label="anger") for pair in found] == pairs
    n_read = sum(pair.label is None for pair in found)
    assert abs(n_read / len(pairs) - READ_SHARE) < 0.1
