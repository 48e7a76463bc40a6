from __future__ import annotations

import asyncio

import pytest

from inference.core import EngineCore
from inference.errors import DeadlineExceeded, EngineBusy, InferenceError
from inference.failures import error_of
from inference.hosts import build
from inference.hosts.client import HostClient
from inference.torch_models import pick_device
from inference.types import Classified, ClassifyRequest, Delta, Failed, GenerateRequest
from tests.fakes import ScriptedGenerator
from tests.inference.test_core import FakeClassifier


class LooseClient(HostClient):
    """A client without an engine: the test says what arrives."""

    def __init__(self):
        super().__init__()
        self._is_ready = True
        self.sent = []

    def _submit(self, request):
        self.sent.append(request.id)

    def _cancel(self, request_id):
        self.sent.append(f"cancel {request_id}")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (Failed("a", "overloaded", "full", 2.5), EngineBusy),
        (Failed("a", "overloaded", "full"), EngineBusy),
        (Failed("a", "deadline", "late"), DeadlineExceeded),
        (Failed("a", "something new", "what?"), InferenceError),
    ],
)
def test_a_failure_becomes_the_error_it_stands_for(event, kind):
    error = error_of(event)
    assert type(error) is kind
    assert str(error) == event.message
    assert getattr(error, "retry_after_s", None) in (None, 1.0, 2.5)


async def test_an_answer_of_the_wrong_kind_is_an_error():
    client = LooseClient()
    classify = asyncio.create_task(client.classify(ClassifyRequest("c", "bert", "sad")))
    stream = client.generate(GenerateRequest("a", "hi", None))
    reply = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    client._deliver([Delta("c", "?"), Classified("a", "joy", {}, "v", 1)])
    with pytest.raises(InferenceError, match="something else"):
        await classify
    with pytest.raises(InferenceError, match="something else"):
        await reply


async def test_events_of_a_request_that_is_closed_go_nowhere():
    client = LooseClient()
    client._deliver([Delta("nobody", "?"), Failed("nobody", "internal", "?")])
    assert client.sent == []


async def test_only_what_has_not_ended_is_cancelled():
    client = LooseClient()
    stream = client.generate(GenerateRequest("a", "hi", None))
    first = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    client._deliver([Delta("a", "one")])
    assert (await first).text == "one"
    await stream.aclose()
    await client.cancel("a")
    assert client.sent == ["a", "cancel a"]


def test_a_model_that_fails_its_warm_up_fails_the_start(scripted, monkeypatch):
    broken = {"bert": FakeClassifier(RuntimeError("boom"))}
    monkeypatch.setattr(build, "_load_classifiers", lambda config, report: broken)
    with pytest.raises(InferenceError, match="warm-up bert"):
        build.build_core(scripted, lambda text: None)


def test_a_core_without_classifiers_can_be_built(scripted):
    core = build.build_core(scripted, lambda text: None)
    assert isinstance(core, EngineCore)
    assert core.stats(0.0).models == {"reply": ScriptedGenerator.version}


@pytest.mark.parametrize(
    ("wanted", "has_cuda", "device"),
    [
        ("auto", False, "cpu"),
        ("auto", True, "cuda"),
        ("cpu", True, "cpu"),
        ("mps", True, "mps"),
    ],
)
def test_auto_takes_cuda_where_there_is_any(monkeypatch, wanted, has_cuda, device):
    monkeypatch.setattr("torch.cuda.is_available", lambda: has_cuda)
    assert pick_device(wanted) == device
