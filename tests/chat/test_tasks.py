"""Conversations are about emotions; other tasks are read in bulk, from a bucket of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import override_settings

from chat import classifiers, runtime
from chat.batch_inputs import classify_input
from chat.batches import classify_texts
from chat.errors import BadRequest, ModelUnavailable, RateLimited, UnknownClassifier
from chat.inputs import MAX_TEXT, parse
from chat.perform import in_database
from inference.registry import CLASSIFIERS, NEWS, TASKS
from inference.windows import WindowRule
from tests.fakes import FakeEngine

if TYPE_CHECKING:
    from chat.turns import TurnRunner
    from inference.types import Classified, ClassifyRequest
    from tests.chat.cast import Somebody

NAMES = ("bert", "distilbert", "bert-news", "bert-news-tf")


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = tuple(CLASSIFIERS[name] for name in NAMES)
    monkeypatch.setattr("chat.classifiers.served", lambda: specs)


def test_a_conversation_is_offered_emotions_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    specs = tuple(CLASSIFIERS[name] for name in NAMES)
    monkeypatch.setattr("chat.classifiers.served", lambda: specs)

    assert [spec.name for spec in classifiers.offered()] == ["bert", "distilbert"]
    with pytest.raises(UnknownClassifier, match="bert-news is no classifier of the"):
        classifiers.check_choice(["bert", "bert-news"])


def test_all_are_listed_with_task_and_framework() -> None:
    told = {s.name: classifiers.described(s) for s in classifiers.listed()}

    assert told["bert"]["task"] == "emotion"
    assert told["bert-news"]["labels"] == TASKS[NEWS].labels
    assert told["bert-news-tf"]["framework"] == "tensorflow"


def test_a_choice_is_of_one_task() -> None:
    assert classifiers.check_choice(["bert-news", "bert-news"], NEWS) == ["bert-news"]
    with pytest.raises(UnknownClassifier, match="those are: bert-news, bert-news-tf"):
        classifiers.check_choice(["bert"], NEWS)
    with pytest.raises(UnknownClassifier, match="Choose between one and five"):
        classifiers.check_choice([], NEWS)


def test_the_first_of_a_task_reads_where_none_is_named(alice: Somebody) -> None:
    alice.user.default_classifiers = ["distilbert"]

    assert classifiers.default(alice.user) == ["distilbert"]
    assert classifiers.default(alice.user, NEWS) == ["bert-news"]


def checked(data: dict[str, Any]) -> dict[str, Any]:
    return parse(classify_input(data), data)


@pytest.mark.parametrize("task", ["weather", "", None, 5, ["news"]])
def test_an_unknown_task_is_refused_with_those_that_there_are(task: object) -> None:
    with pytest.raises(BadRequest, match="task: "):
        checked({"texts": ["a"], "task": task})


def test_a_text_is_as_long_as_its_task_allows() -> None:
    long = ["short", "x" * (MAX_TEXT + 1)]

    assert checked({"texts": long, "task": "news"})["texts"] == long
    with pytest.raises(BadRequest, match=r"texts\[1\]: At most 4,000 characters"):
        checked({"texts": long})
    with pytest.raises(BadRequest, match=r"texts\[0\]: At most 32,000 characters"):
        checked({"texts": ["x" * 1_000_000], "task": "news"})


async def test_texts_are_read_for_their_task(
    alice: Somebody, runner: TurnRunner, engine: FakeEngine
) -> None:
    engine.label = "sport"
    rows = await classify_texts(
        session_key=alice.session_key,
        texts=["one", "two"],
        task=NEWS,
        classifiers=["bert-news", "bert-news-tf"],
    )

    assert [[name for name, _ in row] for row in rows] == [[*NAMES[2:]]] * 2
    assert all(read.label == "sport" for row in rows for _, read in row)


class CountingEngine(FakeEngine):
    """Tells how many texts were in it at once, at most."""

    n_open = n_most = 0

    async def classify(self, request: ClassifyRequest) -> Classified:
        self.n_open += 1
        self.n_most = max(self.n_most, self.n_open)
        try:
            return await super().classify(request)
        finally:
            self.n_open -= 1


@pytest.mark.parametrize(("n_characters", "n_at_once"), [(300, 64), (32_000, 4)])
async def test_windows_take_places_of_their_own_in_the_engine(
    alice: Somebody,
    transactional_db: None,
    monkeypatch: pytest.MonkeyPatch,
    n_characters: int,
    n_at_once: int,
) -> None:
    """Or a few long articles would fill the queue that messages wait in."""
    rules = {"bert-news": WindowRule(128, 16, 16)}
    monkeypatch.setattr("chat.classifiers.window_rules", lambda: rules)
    engine = CountingEngine(label="sport", classify_s=0.01)
    runtime.start(engine)
    try:
        rows = await classify_texts(
            session_key=alice.session_key,
            texts=["x" * n_characters] * 100,
            task=NEWS,
            classifiers=["bert-news"],
        )
    finally:
        await runtime.stop(drain_s=0)

    assert len(rows) == 100
    assert engine.n_most == n_at_once


async def test_a_task_that_nobody_reads_is_unavailable(
    alice: Somebody, runner: TurnRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.classifiers.served", tuple)
    with pytest.raises(ModelUnavailable, match="news"):
        await classify_texts(
            session_key=alice.session_key, texts=["a"], task=NEWS, classifiers=None
        )


@override_settings(EMOCHAT_READINGS_PER_MINUTE=60, EMOCHAT_MESSAGES_BURST=1)
async def test_reading_much_leaves_room_to_write(
    alice: Somebody, runner: TurnRunner
) -> None:
    """A batch is let in whole, the next one waits; messages have a bucket of their own."""
    texts = ["a"] * 39 + ["x" * (MAX_TEXT + 1)]  # the last one counts twice
    given = {"session_key": alice.session_key, "texts": texts, "classifiers": ["bert"]}
    await classify_texts(**given)
    with pytest.raises(RateLimited) as refused:
        await classify_texts(**given)

    assert 30 < (refused.value.retry_after_s or 0) <= 41
    await in_database(alice.sends)
