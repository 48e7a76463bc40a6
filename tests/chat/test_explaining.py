"""`explain` on the socket: whose messages, one at a time, and nobody waits for it."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from inference.errors import DeadlineExceeded, EngineBusy, ModelUnavailable
from tests.chat.in_process import Socket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chat.turns import TurnRunner
    from tests.chat.cast import Somebody
    from tests.fakes import FakeEngine

TEXT = "Nobody came 😀 to my birthday."
HOURS_S = 3600.0


@asynccontextmanager
async def connected(who: Somebody) -> AsyncIterator[Socket]:
    socket = Socket(who)
    await socket.connect()
    yield socket
    await socket.disconnect()


@pytest.fixture
def message(runner: TurnRunner, alice: Somebody) -> str:
    return str(alice.sends(TEXT).message)


async def ask(socket: Socket, message: str, **more: Any) -> None:
    await socket.send(type="explain", message=message, **{"classifier": "bert"} | more)


async def until_asked(engine: FakeEngine, n: int) -> None:
    async with asyncio.timeout(5):
        while len(engine.explained) < n:
            await asyncio.sleep(0.01)


async def test_the_words_of_ones_own_message(
    alice: Somebody, message: str, engine: FakeEngine
) -> None:
    async with connected(alice) as socket:
        await ask(socket, message, label="joy", method="lime", request="r1")
        got = await socket.until("explanation")
    words = [TEXT[word["start"] : word["end"]] for word in got.pop("words")]
    assert words == ["Nobody", "came", "to", "my", "birthday"]
    assert got == {
        "type": "explanation",
        "request": "r1",
        "message": message,
        "classifier": "bert",
        "label": "joy",
        "method": "lime",
        "score": 0.5,
        "model_version": "fake",
        "duration_ms": 1,
    }
    (request,) = engine.explained
    assert request.text == TEXT
    assert request.user == str(alice.user.pk)
    assert request.priority == 3


async def test_without_a_label_it_is_the_classifiers_guess(
    alice: Somebody, message: str, engine: FakeEngine
) -> None:
    async with connected(alice) as socket:
        await ask(socket, message)
        got = await socket.until("explanation")
    assert got["label"] == engine.label
    assert engine.explained[0].label is engine.explained[0].method is None


async def test_what_is_somebody_elses_is_not_there(
    message: str, charlie: Somebody, engine: FakeEngine
) -> None:
    async with connected(charlie) as socket:
        answers = []
        for one in (message, str(uuid.uuid4())):
            await ask(socket, one)
            answers.append(await socket.until("error"))
    assert answers[0]["code"] == "not_found"
    assert answers[0] == answers[1]
    assert engine.explained == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"classifier": "oracle"}, "unknown_classifier"),
        ({"classifier": "bert-news-tf"}, "unknown_classifier"),  # not offered here
        ({"classifier": 7.5}, "unknown_classifier"),
        ({"classifier": None}, "bad_request"),
        ({"label": "rage"}, "bad_request"),
        ({"label": ["joy"]}, "bad_request"),
        ({"method": "guess"}, "bad_request"),
        ({"message": "x"}, "bad_request"),
    ],
)
async def test_a_wrong_frame_is_answered(
    alice: Somebody, message: str, engine: FakeEngine, wrong: dict, code: str
) -> None:
    async with connected(alice) as socket:
        await socket.send(
            **{"type": "explain", "message": message, "classifier": "bert"} | wrong
        )
        assert (await socket.until("error"))["code"] == code
    assert engine.explained == []


async def test_other_frames_do_not_wait(
    alice: Somebody, message: str, engine: FakeEngine
) -> None:
    engine.explain_s = HOURS_S
    async with connected(alice) as socket:
        await ask(socket, message)
        await until_asked(engine, 1)
        await socket.send(type="ping")
        await socket.until("pong")
        await socket.send(
            type="message.send", id=str(uuid.uuid4()), text="Still listening?"
        )
        await socket.until("reply.finished")
        assert len(engine.explaining) == 1


async def test_a_newer_one_takes_its_place(
    alice: Somebody, message: str, engine: FakeEngine
) -> None:
    engine.explain_s = HOURS_S
    async with connected(alice) as socket:
        await ask(socket, message, request="old")
        await until_asked(engine, 1)
        engine.explain_s = 0
        await ask(socket, message, classifier="roberta", request="new")
        cancelled = await socket.until("explanation.cancelled")
        assert cancelled == {
            "type": "explanation.cancelled",
            "request": "old",
            "message": message,
            "classifier": "bert",
        }
        got = await socket.until("explanation")
        assert (got["request"], got["classifier"]) == ("new", "roberta")
        assert not engine.explaining


async def test_it_is_cancelled(
    alice: Somebody, message: str, engine: FakeEngine
) -> None:
    engine.explain_s = HOURS_S
    async with connected(alice) as socket:
        await ask(socket, message, request="r1")
        await until_asked(engine, 1)
        await socket.send(type="explain.cancel", request="r2")
        ends = [await socket.until("explanation.cancelled") for _ in range(2)]
        assert [end["request"] for end in ends] == ["r1", "r2"]
        assert {end["message"] for end in ends} == {message}
        await socket.send(type="explain.cancel", request="r3")
        nothing = await socket.until("explanation.cancelled")
        assert nothing == {"type": "explanation.cancelled", "request": "r3"}
    assert not engine.explaining
    assert not [f for f in socket.frames if f["type"] in ("explanation", "error")]


async def test_it_ends_with_its_socket(
    alice: Somebody, message: str, engine: FakeEngine
) -> None:
    engine.explain_s = HOURS_S
    async with connected(alice) as socket:
        await ask(socket, message)
        await until_asked(engine, 1)
    await asyncio.sleep(0)
    assert not engine.explaining


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (EngineBusy(retry_after_s=2.0), "overloaded"),
        (DeadlineExceeded("late"), "model_unavailable"),
        (ModelUnavailable("not trained"), "model_unavailable"),
    ],
)
async def test_what_the_engine_refuses(
    alice: Somebody, message: str, engine: FakeEngine, error: Exception, code: str
) -> None:
    async with connected(alice) as socket:
        engine.fail = error  # type: ignore[assignment]
        await ask(socket, message, request="r1")
        got = await socket.until("error")
    assert (got["code"], got["request"], got["retryable"]) == (code, "r1", True)
    assert got["retry_after"] > 0


async def test_an_explanation_that_breaks_breaks_no_socket(
    alice: Somebody, message: str, engine: FakeEngine
) -> None:
    async with connected(alice) as socket:
        engine.fail = ZeroDivisionError()  # type: ignore[assignment]
        await ask(socket, message)
        assert (await socket.until("error"))["code"] == "internal"
        engine.fail = None
        await ask(socket, message)
        await socket.until("explanation")


async def test_explaining_much_leaves_room_to_write(
    alice: Somebody, message: str, engine: FakeEngine, settings: Any
) -> None:
    settings.EMOCHAT_EXPLANATIONS_PER_MINUTE = 1
    async with connected(alice) as socket:
        for _ in range(10):
            await ask(socket, message)
            await socket.until("explanation")
        await ask(socket, message)
        refused = await socket.until("error")
        assert refused["code"] == "rate_limited"
        assert 0 < refused["retry_after"] <= 60
        await socket.send(type="message.send", id=str(uuid.uuid4()), text="And now?")
        await socket.until("ack")
    assert len(engine.explained) == 10
