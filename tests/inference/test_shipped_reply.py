"""The T5 as it is shipped: seeds that hold, and a conversation that does not go in circles."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from inference.config import EngineConfig
from inference.loading import load_reply_model
from inference.registry import REPLY_MODEL, WEIGHTS_ROOT, is_trained, weights_dir
from inference.types import ClassifyRequest, GenerateRequest, HistoryTurn
from tests.inference.test_hosts import collect

pytestmark = pytest.mark.skipif(not is_trained(REPLY_MODEL), reason="no reply model")

ASKED = GenerateRequest(
    "asked",
    "my sister moved to another country and the flat is so quiet now",
    "sadness",
    queue_timeout_s=60.0,
    total_timeout_s=120.0,
)
OTHERS = (
    ("i got the job!!", "joy"),
    ("he lied to me again and I am done with it", "anger"),
    ("there was somebody at the window last night", "fear"),
    ("hello", "love"),
)
# What somebody in low spirits writes in an evening, with little news from turn to turn.
EVENING = (
    "i feel so alone tonight",
    "yes",
    "nobody ever calls me",
    "i feel so alone",
    "my friends all have families now",
    "i don't know",
    "i feel so alone tonight",
    "maybe",
    "work is fine i guess",
    "no",
    "i miss my old flat",
    "i feel alone there",
    "yes",
    "it was closer to everything",
    "i don't know what to do",
    "i feel so alone tonight",
    "ok",
    "thanks",
    "i will try to sleep",
    "good night",
)


@pytest.fixture
def config(tmp_path):
    return EngineConfig(
        host="inline",
        device="cpu",
        classifiers=("bert",),
        weights_root=WEIGHTS_ROOT,
        runtime_dir=tmp_path,
        n_threads=1,
    )


@pytest.mark.slow
async def test_the_same_seed_gives_the_same_reply_alone_and_under_load(config, start):
    client = await start(config)
    alone, _ = await collect(client, ASKED)

    crowd = [
        replace(ASKED, id=f"{label}{i}", text=text, label=label, seed=i)
        for i in range(8)
        for text, label in OTHERS
    ]
    (among, _), *_ = await asyncio.gather(
        collect(client, ASKED),
        *(collect(client, other) for other in crowd),
        *(client.classify(ClassifyRequest(f"c{i}", "bert", EVENING[i])) for i in range(20)),
    )  # fmt: skip
    again, _ = await collect(client, replace(ASKED, id="again"))

    assert alone
    assert among == again == alone


@pytest.mark.slow
async def test_regenerating_gives_another_reply(config, start):
    """As `chat.services.said` asks for it: what the person has read is heard."""
    client = await start(config)
    texts: list[str] = []
    for seed in range(5):
        request = replace(ASKED, id=str(seed), seed=seed, heard=tuple(texts))
        texts.append((await collect(client, request))[0])

    assert all(texts)
    assert len(set(texts)) == len(texts)


@pytest.mark.slow
async def test_twenty_turns_do_not_repeat_themselves(config, start):
    client = await start(config)
    tokenizer = load_reply_model(weights_dir(REPLY_MODEL)).tokenizer
    history: list[HistoryTurn] = []
    for i, text in enumerate(EVENING):
        heard = tuple(turn.reply for turn in history)
        request = GenerateRequest(
            str(i), text, "sadness", tuple(history[-4:]), heard, seed=100 + i
        )
        reply, _ = await collect(client, request)
        assert reply
        history.append(HistoryTurn(text, reply))

    replies = [turn.reply for turn in history]
    assert len(set(replies)) == len(replies)
    assert all(left != right for left, right in pairwise(replies))
    four = [
        set(_ngrams(tokenizer.encode(r, add_special_tokens=False).ids)) for r in replies
    ]
    for i, later in enumerate(four):
        assert not later & set().union(*four[:i]), replies[i]


def _ngrams(ids, size=4):
    return [tuple(ids[i : i + size]) for i in range(len(ids) - size + 1)]
