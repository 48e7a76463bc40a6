"""The twin is served by a process of its own, beside the engine of PyTorch."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from inference.config import EngineConfig
from inference.errors import ModelUnavailable
from inference.hosts.factory import create_client
from inference.hosts.places import HelperPlaces, holder_of
from inference.types import ClassifyRequest
from tests.tensorflow.parts import TEXTS, bert, save, torch_scores


@pytest.fixture
async def client(python, tmp_path, monkeypatch):
    monkeypatch.setattr("inference.hosts.router.FIRST_WAIT_S", 300.0)
    monkeypatch.setattr("inference.hosts.helper.LOADING_SILENCE_S", 300.0)
    save(tmp_path / "bert-news-tf", bert(), name="bert-news-tf")
    config = EngineConfig(
        weights_root=tmp_path,
        runtime_dir=tmp_path / "run",
        decoder="tests.fakes:scripted_generator",
        start_timeout_s=300.0,
        hang_timeout_s=60.0,
        tensorflow_python=python,
    )
    found = create_client(config)
    await found.start()
    yield found, config
    await found.close()


@pytest.mark.timeout(600)
async def test_it_classifies_beside_the_other_engine(client):
    router, config = client
    twin = replace(config, framework="tensorflow")
    assert holder_of(HelperPlaces(twin).helper_lock) is None, (
        "it is started by who asks for it"
    )
    found = await asyncio.gather(
        *(
            router.classify(
                ClassifyRequest(str(i), "bert-news-tf", text, queue_timeout_s=60.0)
            )
            for i, text in enumerate(TEXTS)
        )
    )
    all_expected = torch_scores(config.weights_root / "bert-news-tf", TEXTS)
    for own, expected in zip(found, all_expected, strict=True):
        assert own.scores == pytest.approx(expected, abs=1e-4)
        assert own.label == max(expected, key=expected.get)
    assert "bert-news-tf" in router.stats().models
    pids = [holder_of(HelperPlaces(one).helper_lock) for one in (config, twin)]
    assert None not in pids
    assert len(set(pids)) == 2
    with pytest.raises(ModelUnavailable):
        await router.classify(ClassifyRequest("b", "bert-news", "hello"))
