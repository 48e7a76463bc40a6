"""`explain/`: why a text was read so; checked in Django, awaited outside of it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.testing import ApplicationCommunicator

from emochat.asgi import application
from inference.errors import BadRequest, DeadlineExceeded, EngineBusy
from tests.api.app import PROBLEM
from tests.api.test_conversations import assert_problem, send_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from chat.turns import TurnRunner
    from tests.api.app import App
    from tests.chat.cast import Somebody
    from tests.fakes import FakeEngine

    ClientOf = Callable[[Somebody], Client]

PATH = "/api/v1/explain/"
TEXT = "I am so 😀 tired."
BODY = {"text": TEXT, "classifier": "bert"}
HOURS_S = 3600.0
N_CROWD = 40  # more than there are threads


class Call:
    """A request as it comes to the application, in the test's own process."""

    def __init__(
        self, who: Somebody, path: str = PATH, body: dict[str, Any] | None = BODY
    ) -> None:
        self.body = b"" if body is None else json.dumps(body).encode()
        headers = [
            (b"host", b"testserver"),
            (b"content-length", str(len(self.body)).encode()),
            (b"x-session-token", who.session_key.encode()),
            (b"content-type", b"application/json"),
        ]
        scope = {
            "type": "http",
            "method": "GET" if body is None else "POST",
            "path": path,
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "scheme": "http",
        }
        self.wire = ApplicationCommunicator(application, scope)

    async def send(self) -> Call:
        await self.wire.send_input({"type": "http.request", "body": self.body})
        return self

    async def leave(self) -> None:
        await self.wire.send_input({"type": "http.disconnect"})
        await self.wire.wait(10)

    async def answer(self) -> tuple[int, dict[str, str], dict[str, Any]]:
        start = await self.wire.receive_output(20)
        body = b""
        while True:
            part = await self.wire.receive_output(20)
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        headers = {n.decode().lower(): v.decode() for n, v in start["headers"]}
        assert int(headers["content-length"]) == len(body)
        return start["status"], headers, json.loads(body)


async def ask(who: Somebody, **more: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    return await (await Call(who, body=BODY | more).send()).answer()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def much(settings: Any) -> None:
    settings.EMOCHAT_EXPLANATIONS_PER_MINUTE = 6_000


async def test_it_says_what_the_socket_says(
    runner: TurnRunner, alice: Somebody, engine: FakeEngine
) -> None:
    more = {"label": "joy", "method": "lime", "n_samples": 500, "seed": 7}
    status, headers, body = await ask(alice, **more, task="emotion")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert headers["cache-control"] == "no-store"
    words = [TEXT[word["start"] : word["end"]] for word in body.pop("words")]
    assert words == ["I", "am", "so", "tired"]
    assert body == {
        "classifier": "bert",
        "label": "joy",
        "method": "lime",
        "score": 0.5,
        "model_version": "fake",
        "duration_ms": 1,
    }
    (request,) = engine.explained
    assert (request.n_samples, request.seed, request.label) == (500, 7, "joy")
    assert request.user == str(alice.user.pk)


async def test_a_crowd_that_waits_holds_no_thread(
    runner: TurnRunner,
    alice: Somebody,
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat.services.quota.EXPLANATIONS_BURST", 10 * N_CROWD)
    engine.explain_s = HOURS_S
    crowd = [await Call(alice).send() for _ in range(N_CROWD)]
    await until(lambda: len(engine.explaining) == N_CROWD)
    me = await Call(alice, "/api/v1/me/", None).send()
    assert (await me.answer())[0] == 200
    for call in crowd:
        await call.leave()
    assert not engine.explaining


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (EngineBusy(retry_after_s=2.0), 503, "overloaded"),
        (DeadlineExceeded("late"), 503, "model_unavailable"),
        (BadRequest("This classifier has no gradients."), 400, "bad_request"),
        (ZeroDivisionError("CANARY"), 500, "internal"),
    ],
)
async def test_what_goes_wrong_outside_of_django_is_a_problem_too(
    runner: TurnRunner,
    alice: Somebody,
    engine: FakeEngine,
    error: Exception,
    status: int,
    code: str,
) -> None:
    engine.explain_s, engine.fail = 0.01, None
    asked = await Call(alice).send()
    await until(lambda: bool(engine.explaining))
    engine.fail = error  # type: ignore[assignment]
    got, headers, body = await asked.answer()
    assert (got, body["status"], body["code"]) == (status, status, code)
    assert headers["content-type"] == PROBLEM
    assert "CANARY" not in json.dumps(body)
    if code == "overloaded":
        assert headers["retry-after"] == "2"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"text": " "}, "empty"),
        ({"text": "x" * 4_001}, "too_long"),
        ({"text": "x" * 1_000_000}, "too_long"),
        ({"text": None}, "bad_request"),
        ({"classifier": "oracle"}, "unknown_classifier"),
        ({"classifier": None}, "bad_request"),
        ({"label": "rage"}, "bad_request"),
        ({"method": "guess"}, "bad_request"),
        ({"task": "weather"}, "bad_request"),
        ({"n_samples": 49}, "bad_request"),
        ({"n_samples": 5_001}, "bad_request"),
        ({"seed": -1}, "bad_request"),
    ],
)
def test_what_it_refuses(
    alice: Somebody, client_of: ClientOf, wrong: dict[str, Any], code: str
) -> None:
    response = send_json(client_of(alice), "post", PATH, BODY | wrong)
    assert_problem(response, 400, code)
    alice.user.refresh_from_db()
    assert alice.user.explains_full_at is None


def test_an_unknown_label_names_those_that_there_are(
    alice: Somebody, client_of: ClientOf
) -> None:
    response = send_json(client_of(alice), "post", PATH, BODY | {"label": "rage"})
    assert "anger, fear, joy" in response.json()["detail"]


def test_without_an_engine(alice: Somebody, client_of: ClientOf) -> None:
    """The test's client has nobody to hand the job over to, and an error is the same."""
    response = send_json(client_of(alice), "post", PATH, BODY)
    assert_problem(response, 503, "model_unavailable")


def test_many_samples_count_for_more(
    alice: Somebody, client_of: ClientOf, settings: Any
) -> None:
    settings.EMOCHAT_EXPLANATIONS_PER_MINUTE = 1
    client = client_of(alice)
    for _ in range(3):  # of five each; the bucket has ten, and lends
        last = send_json(client, "post", PATH, BODY | {"n_samples": 5_000})
    assert_problem(last, 429, "rate_limited")


@pytest.mark.parametrize("method", ["occlusion", "lime", "gradients"])
def test_the_shipped_weights_are_explained(app: App, method: str) -> None:
    text = "I am so tired and depressed today."
    body = {"text": text, "classifier": "bert", "method": method, "n_samples": 200}
    found = app.ok("POST", "explain/", body)
    assert (found["label"], found["method"]) == ("sadness", method)
    assert 0 < found["score"] <= 1
    words = {text[w["start"] : w["end"]]: w["weight"] for w in found["words"]}
    assert list(words) == ["I", "am", "so", "tired", "and", "depressed", "today"]
    assert max(words, key=words.__getitem__) in ("depressed", "tired")
    again = app.ok("POST", "explain/", body)
    assert again["words"] == found["words"]
