"""Which engine a request goes to; TensorFlow's is started by the first one for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from inference import frameworks
from inference.config import EngineConfig
from inference.errors import EngineBusy, EngineLost, ModelUnavailable
from inference.hosts import factory, router
from inference.hosts.router import FrameworkRouter
from inference.types import (
    ClassifyRequest,
    EngineStats,
    ExplainRequest,
    GenerateRequest,
)
from tests.fakes import FakeEngine


class Engine(FakeEngine):
    """Notes what it was asked; its start can be held back, or made to fail."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.calls = []
        self.may_start = asyncio.Event()
        self.may_start.set()
        self.failure = None

    async def start(self):
        self.calls.append("start")
        await self.may_start.wait()
        if self.failure:
            raise self.failure

    async def close(self):
        self.calls.append("close")

    async def classify(self, request):
        self.calls.append(request.classifier)
        return self.name

    async def explain(self, request):
        self.calls.append(f"explain {request.classifier}")
        return self.name

    async def cancel(self, request_id):
        self.calls.append(f"cancel {request_id}")

    def stats(self):
        return EngineStats(models={self.name: "1"}, n_slots=len(self.name))


class Two:
    def __init__(self):
        self.main, self.second = Engine("torch"), Engine("tensorflow")
        self.n_made = 0
        self.client = FrameworkRouter(self.main, self.make)

    def make(self):
        self.n_made += 1
        return self.second

    async def classify(self, classifier):
        return await self.client.classify(ClassifyRequest("a", classifier, "hello"))


@pytest.fixture
async def two():
    return Two()


async def test_each_request_goes_to_its_framework(two):
    await two.client.start()
    assert two.second.calls == [], "nobody has asked for it yet"
    assert await two.classify("bert-news") == "torch"
    assert await two.classify("nobody-knows-it") == "torch"
    assert await two.classify("bert-news-tf") == "tensorflow"
    assert await two.classify("bert-news-tf") == "tensorflow"
    assert two.second.calls == ["start", "bert-news-tf", "bert-news-tf"]
    assert two.n_made == 1


async def test_an_explanation_goes_there_too(two):
    asked = [ExplainRequest("a", name, "hello") for name in ("bert", "bert-news-tf")]
    found = [await two.client.explain(request) for request in asked]
    assert found == ["torch", "tensorflow"]


async def test_who_comes_while_it_starts_waits_for_the_same_start(two):
    two.second.may_start.clear()
    waiting = [asyncio.create_task(two.classify("bert-news-tf")) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    assert await two.classify("bert-news") == "torch", "the other engine serves on"
    two.second.may_start.set()
    assert await asyncio.gather(*waiting[1:]) == ["tensorflow"] * 2
    assert two.second.calls.count("start") == 1


async def test_a_start_that_takes_long_is_told_and_goes_on(two, monkeypatch):
    monkeypatch.setattr(router, "FIRST_WAIT_S", 0.01)
    two.second.may_start.clear()
    with pytest.raises(EngineBusy, match="starting") as refused:
        await two.classify("bert-news-tf")
    assert refused.value.retry_after_s > 0
    two.second.may_start.set()
    await asyncio.sleep(0)
    assert await two.classify("bert-news-tf") == "tensorflow"


async def test_a_start_that_fails_is_tried_again(two):
    two.second.failure = EngineLost("no memory")
    with pytest.raises(ModelUnavailable, match="no memory"):
        await two.classify("bert-news-tf")
    assert two.second.calls == ["start", "close"]
    two.second.failure = None
    assert await two.classify("bert-news-tf") == "tensorflow"
    assert two.n_made == 2


async def test_replies_and_admission_are_torchs_alone(two):
    two.second.failure = EngineLost("gone")
    two.client.check_admission()
    stream = two.client.generate(GenerateRequest("a", "hello", None))
    assert [event async for event in stream]
    assert two.second.calls == []


async def test_a_request_is_cancelled_wherever_it_is(two):
    await two.classify("bert-news-tf")
    await two.client.cancel("a")
    assert two.main.calls == ["cancel a"]
    assert two.second.calls[-1] == "cancel a"


async def test_it_tells_the_models_of_both_and_torchs_figures(two):
    assert two.client.stats().models == {"torch": "1"}
    await two.classify("bert-news-tf")
    found = two.client.stats()
    assert found.models == {"torch": "1", "tensorflow": "1"}
    assert found.n_slots == len("torch")


async def test_closing_ends_both_and_a_start_under_way(two):
    two.second.may_start.clear()
    asked = asyncio.create_task(two.classify("bert-news-tf"))
    await asyncio.sleep(0)
    await two.client.close()
    assert two.main.calls[-1] == two.second.calls[-1] == "close"
    with pytest.raises(EngineLost, match="stopped"):
        await asked


async def test_without_tensorflow_it_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setattr(factory, "tensorflow_python", lambda named: None)
    client = factory.create_client(EngineConfig(runtime_dir=tmp_path))
    with pytest.raises(ModelUnavailable, match="make setup-tensorflow"):
        await client.classify(ClassifyRequest("a", "bert-news-tf", "hello"))


async def test_without_its_weights_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(factory, "tensorflow_python", lambda named: "python")
    config = EngineConfig(runtime_dir=tmp_path, weights_root=tmp_path)
    with pytest.raises(ModelUnavailable, match="No classifier of TensorFlow"):
        await factory.create_client(config).classify(
            ClassifyRequest("a", "bert-news-tf", "hello")
        )


def test_a_named_interpreter_is_the_one_and_must_be_there(tmp_path):
    python = tmp_path / "python"
    assert frameworks.tensorflow_python(str(python)) is None
    python.touch(mode=0o755)
    assert frameworks.tensorflow_python(str(python)) == str(python)


def test_the_two_hosts_have_sockets_of_their_own():
    config = EngineConfig(classifiers=("bert", "bert-news-tf"))
    twin = replace(config, framework="tensorflow")
    assert config.classifier_names == ("bert",)
    assert twin.classifier_names == ("bert-news-tf",)
    assert config.digest() != twin.digest()
    assert EngineConfig.from_json(twin.to_json()) == twin
