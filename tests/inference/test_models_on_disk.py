"""The whole way from a weights folder to a streamed reply, with tiny models."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace

import pytest

from inference.config import EngineConfig
from inference.core import EngineCore
from inference.errors import EngineLost, ModelFileError
from inference.hosts.build import build_core
from inference.hosts.factory import create_client
from inference.loading import Decoding
from inference.registry import EMOTION_LABELS
from inference.training.saving import save_model
from inference.types import ClassifyRequest, GenerateRequest
from tests.inference import tiny
from tests.inference.test_hosts import collect

SAMPLED = Decoding(temperature=1.2, max_new_tokens=12)


def save_classifier(folder, labels=EMOTION_LABELS):
    made = tiny.classifier(labels=labels)
    config = made.model.config
    config.id2label = dict(enumerate(labels))
    config.label2id = {label: i for i, label in enumerate(labels)}
    is_emotion = labels == EMOTION_LABELS
    info = {
        "name": "bert" if is_emotion else "bert-news",
        "task": "emotion" if is_emotion else "news",
        "labels": labels,
        "max_tokens": 16,
    }
    save_model(folder, made.model, config, made.tokenizer.to_str(), info)


def save_reply_model(folder):
    made = tiny.reply_model()
    info = {
        "name": "reply",
        "task": "reply",
        "max_tokens": 32,
        "decoding": asdict(SAMPLED),
    }
    save_model(folder, made.model, made.model.config, made.tokenizer.to_str(), info)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    root = tmp_path_factory.mktemp("weights")
    save_classifier(root / "bert")
    save_reply_model(root / "reply")
    return root


@pytest.fixture
def config(weights, tmp_path):
    return EngineConfig(
        device="cpu", weights_root=weights, runtime_dir=tmp_path, n_threads=1
    )


@pytest.mark.slow
@pytest.mark.parametrize("host", ["inline", "helper"])
async def test_scores_and_reply_come_from_the_folders(config, start, host):
    told = []
    client = await start(replace(config, host=host), told.append)
    assert "loading bert…" in told
    scores = (await client.classify(ClassifyRequest("c", "bert", "i am so sad"))).scores
    assert tuple(scores) == EMOTION_LABELS
    asked = GenerateRequest("a", "i am so sad", "sadness", seed=4)
    texts = await asyncio.gather(
        collect(client, asked),
        *(collect(client, replace(asked, id=str(i))) for i in range(9)),
    )
    assert {text for text, _ in texts} == {texts[0][0]}
    assert set(client.stats().models) == {"bert", "reply"}


def test_a_broken_classifier_is_left_out_and_the_rest_serves(weights, config):
    save_classifier(weights / "roberta")
    (weights / "roberta" / "config.json").write_text("{}")
    wanted = replace(config, classifiers=("bert", "roberta", "electra"))
    core = build_core(wanted, lambda text: None)
    assert set(core.stats(0.0).models) == {"bert", "reply"}


def test_without_a_reply_model_the_classifiers_serve(config, tmp_path):
    core = build_core(replace(config, reply_model=tmp_path / "none"), lambda text: None)
    assert set(core.stats(0.0).models) == {"bert"}


async def test_without_any_model_it_does_not_start(config, tmp_path):
    empty = replace(config, weights_root=tmp_path / "none", host="inline")
    with pytest.raises(ModelFileError, match="no trained models"):
        build_core(empty, lambda text: None)
    client = create_client(empty)
    with pytest.raises(EngineLost, match="no trained models"):
        await client.start()
    await client.close()


def test_it_is_warm_before_it_serves(config, monkeypatch):
    seen = []
    submit = EngineCore.submit

    def note(self, request, now):
        seen.append(type(request))
        submit(self, request, now)

    monkeypatch.setattr(EngineCore, "submit", note)
    build_core(config, lambda text: None)
    assert seen == [ClassifyRequest, GenerateRequest]
