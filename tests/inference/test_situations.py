"""What the writer is told of messages: patterns and labels that meaning contradicts."""

from __future__ import annotations

import pytest
import torch

from inference.training.cross_fitting import CrossFitted
from inference.training.situations import Situations
from inference.training.writer import Writer

WRITER = Writer()
ANYTHING = WRITER.topics["sadness"][-1]
PETS = [
    f"my {pet} died {when}"
    for pet in ("dog", "cat", "rabbit", "hamster")
    for when in (
        "today",
        "last night",
        "this morning",
        "on monday",
        "a week ago",
        "in my arms",
    )
]
EXAMS = [
    f"i failed the {kind} exam {when}"
    for kind in ("maths", "driving", "final", "french")
    for when in (
        "today",
        "last night",
        "this morning",
        "on monday",
        "a week ago",
        "again",
    )
]
JOYS = [
    f"what a lovely {day}, i am so {glad}"
    for day in ("day", "party", "walk", "trip")
    for glad in ("happy", "glad", "pleased", "content")
]


def by_words(texts: list[str]) -> torch.Tensor:
    """Tell what texts mean by the words in them, hashed; any encoder will do."""
    found = torch.zeros(len(texts), 256)
    for row, text in enumerate(texts):
        for word in text.lower().split():
            found[row, sum(map(ord, word)) % 256] += 1
    return torch.nn.functional.normalize(found, dim=-1)


@pytest.fixture(scope="module")
def situations() -> Situations:
    sad = [(text, "sadness") for text in (*PETS, *EXAMS)]
    return Situations(WRITER, [*sad, *((text, "joy") for text in JOYS)], by_words)


def test_what_pattern_and_meaning_agree_on_stays(situations):
    [pet, exam] = situations.topics([(PETS[0], "sadness"), (EXAMS[0], "sadness")])
    assert pet is WRITER.topic("sadness", PETS[0])
    assert exam is WRITER.topic("sadness", EXAMS[0])
    assert pet is not exam


def test_a_pattern_that_meaning_contradicts_is_not_followed(situations):
    """The exam is in the words, yet all the rest is of pets that died."""
    text = "my dog my cat my rabbit died today in my arms"
    named = WRITER.topic("sadness", PETS[0])
    wrong = f"{text} exam"
    [topic] = situations.topics([(wrong, "sadness")])
    assert topic in (named, ANYTHING)
    assert topic is not WRITER.topic("sadness", EXAMS[0])


def test_what_is_like_nothing_is_answered_in_general(situations):
    assert situations.topics([("zq xv kj", "sadness")]) == [ANYTHING]


def test_of_no_messages_nothing_is_told(situations):
    assert situations.topics([]) == situations.emotions([]) == []


def test_a_label_that_meaning_contradicts_is_mended(situations):
    rows = [(JOYS[0], "joy"), (JOYS[1], "sadness"), (PETS[0], "sadness")]
    assert situations.emotions(rows) == ["joy", "joy", "sadness"]


def test_nobody_is_judged_by_what_learnt_from_them():
    """Targets that no vector tells: learnt by heart they would be right, else not."""
    generator = torch.Generator().manual_seed(3)
    vectors = torch.nn.functional.normalize(
        torch.randn(200, 300, generator=generator), dim=-1
    )
    texts = [f"text {n}" for n in range(200)]
    targets = torch.randint(0, 2, (200,), generator=generator).tolist()
    scores = CrossFitted(texts, vectors, targets, 2).scores(texts, vectors)
    right = (scores.argmax(dim=1) == torch.tensor(targets)).float().mean().item()
    assert 0.35 < right < 0.65
    assert torch.allclose(scores.sum(dim=1), torch.ones(200))
