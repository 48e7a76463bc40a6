"""One contract for every host: what the chat side may count on, wherever the engine runs."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from inference.config import RayConfig
from inference.errors import (
    BadRequest,
    DeadlineExceeded,
    EngineBusy,
    EngineLost,
    ModelUnavailable,
    RequestCancelled,
)
from inference.hosts.factory import create_client
from inference.scheduler import Limits
from inference.types import (
    ClassifyRequest,
    Delta,
    ExplainRequest,
    Finished,
    GenerateRequest,
)
from tests.fakes import WORDS
from tests.faults.decoders import N_WORDS, echo_of

WHOLE = " ".join(WORDS)


@pytest.fixture(params=["inline", "helper", "ray"])
def config(request, scripted):
    if request.param == "ray":
        request.getfixturevalue("ray_cluster")  # skips where there is no Ray
        return replace(scripted, host="ray", hang_timeout_s=5.0)
    return replace(scripted, host=request.param)


def request(request_id="a", **options):
    return GenerateRequest(request_id, "hi there", "joy", **options)


async def collect(client, asked):
    """Return the text and the end of a reply."""
    text = ""
    async with aclosing(client.generate(asked)) as stream:
        async for event in stream:
            if isinstance(event, Finished):
                return text, event
            text += event.text
    raise AssertionError("the stream ended without Finished")


def admits(client):
    try:
        client.check_admission()
    except EngineBusy:
        return False
    return True


async def until(condition, timeout_s=5.0):
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_reply_streams_and_ends_once(config, start):
    client = await start(config)
    events = [event async for event in client.generate(request())]
    assert [event.text for event in events[:-1]] == [
        "one",
        *(f" {w}" for w in WORDS[1:]),
    ]
    assert (events[-1].reason, events[-1].n_tokens) == ("stop", 8)
    assert events[-1].model_version == "scripted"


async def test_twenty_replies_at_once_do_not_mix(config, start):
    client = await start(config)
    asked = [request(str(i), max_new_tokens=1 + i % 8) for i in range(20)]
    results = await asyncio.gather(*(collect(client, one) for one in asked))
    for one, (text, end) in zip(asked, results, strict=True):
        assert (end.id, end.n_tokens) == (one.id, one.max_new_tokens)
        assert text == " ".join(WORDS[: one.max_new_tokens])


async def test_a_thousand_streams_lose_nothing_and_keep_their_order(config, start):
    limits = Limits(n_slots=256, max_queued=1000, max_admit=64)
    client = await start(
        replace(config, decoder="tests.faults.decoders:quick_echo", limits=limits)
    )
    texts = [f"I am {i} and {i * i}" for i in range(1000)]
    asked = [
        GenerateRequest(text, text, None, queue_timeout_s=90, total_timeout_s=120)
        for text in texts
    ]
    results = await asyncio.gather(*(collect(client, one) for one in asked))
    assert [text for text, _ in results] == [echo_of(text) for text in texts]
    assert {(end.reason, end.n_tokens) for _, end in results} == {("stop", N_WORDS)}


async def test_four_words_are_there_while_the_fifth_is_not_computed(
    config, start, switch
):
    switch("stall", on=True)
    client = await start(config)
    async with aclosing(client.generate(request())) as stream:
        four = [(await anext(stream)).text for _ in range(4)]
        assert four == ["one", " two", " three", " four"]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(
                asyncio.shield(fifth := asyncio.ensure_future(anext(stream))), 0.3
            )
        switch("stall", on=False)
        assert (await fifth).text == " five"


async def test_cancel_ends_the_stream_as_stopped(config, start, switch):
    switch("stall", on=True)
    client = await start(config)
    reply = asyncio.create_task(collect(client, request()))
    await until(lambda: client.stats().n_running == 1)
    await asyncio.sleep(0.1)
    await client.cancel("a")
    text, end = await asyncio.wait_for(reply, 1.0)
    assert (text, end.reason, end.n_tokens) == ("one two three four", "stopped", 4)
    await client.cancel("a")


async def test_stop_frees_the_slot_within_one_step(config, start):
    client = await start(
        replace(
            config,
            decoder="tests.faults.decoders:unhurried_echo",
            limits=Limits(n_slots=1),
        )
    )
    first = client.generate(request("a", queue_timeout_s=9))
    words = [await anext(first) for _ in range(2)]
    second = client.generate(request("b", queue_timeout_s=9))
    waiting = asyncio.ensure_future(anext(second))
    words.append(await anext(first))
    await client.cancel("a")
    end = [event async for event in first][-1]
    assert end.reason == "stopped"
    assert end.n_tokens <= len(words) + 1
    assert (await asyncio.wait_for(waiting, 5.0)).text
    await second.aclose()


async def test_closing_the_stream_early_frees_the_slot(config, start, switch):
    switch("stall", on=True)
    client = await start(config)
    async with aclosing(client.generate(request())) as stream:
        assert isinstance(await anext(stream), Delta)
        await until(lambda: client.stats().n_running == 1)
    await until(lambda: client.stats().n_running == 0)


async def test_a_cancelled_task_frees_the_slot(config, start, switch):
    switch("stall", on=True)
    client = await start(config)
    reply = asyncio.create_task(collect(client, request()))
    await until(lambda: client.stats().n_running == 1)
    reply.cancel()
    await until(lambda: client.stats().n_running == 0)


async def test_a_full_engine_refuses_at_once_and_admission_says_so(
    config, start, switch
):
    switch("stall", on=True)
    client = await start(replace(config, limits=Limits(n_slots=1, max_queued=1)))
    client.check_admission()
    replies = []
    for i in range(2):
        replies.append(
            asyncio.create_task(collect(client, request(str(i), queue_timeout_s=9)))
        )
        await asyncio.sleep(0.1)
    with pytest.raises(EngineBusy) as refusal:
        client.check_admission()
    assert refusal.value.retry_after_s > 0
    with pytest.raises(EngineBusy):
        await asyncio.wait_for(collect(client, request("one too many")), 0.5)
    switch("stall", on=False)
    assert [text for text, _ in await asyncio.gather(*replies)] == [WHOLE] * 2
    await until(lambda: client.stats().n_running == 0)
    await until(lambda: admits(client))


async def test_admission_counts_what_no_heartbeat_has_seen_yet(config, start):
    client = await start(replace(config, limits=Limits(n_slots=1, max_queued=1)))
    streams = [client.generate(request(str(i))) for i in range(2)]
    starts = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy):
        client.check_admission()
    await asyncio.gather(*starts)
    for stream in streams:
        await stream.aclose()


async def test_waiting_too_long_raises_deadline(config, start, switch):
    switch("stall", on=True)
    client = await start(replace(config, limits=Limits(n_slots=1)))
    first = asyncio.create_task(collect(client, request("a")))
    await asyncio.sleep(0.1)
    with pytest.raises(DeadlineExceeded):
        await collect(client, request("b", queue_timeout_s=0.2))
    switch("stall", on=False)
    assert (await first)[0] == WHOLE


async def test_the_total_deadline_ends_a_running_reply(config, start, switch):
    switch("stall", on=True)
    client = await start(config)
    text, end = await collect(client, request(total_timeout_s=0.3))
    assert (text, end.reason) == ("one two three four", "deadline")


async def test_a_classifier_that_is_not_loaded_is_unavailable(config, start):
    client = await start(config)
    with pytest.raises(ModelUnavailable, match="bert"):
        await client.classify(ClassifyRequest("c", "bert", "so sad"))


# --- Explanations: by a real classifier, for none is scripted ---------------------------

MODEL = "distilbert"
EXPLAINED = "I am so glad that you called, what a lovely surprise 🎉"
LONG = "I was glad and then I was sad. " * 50


@pytest.fixture
def reading(config):
    """The config of an engine that can also classify."""
    return replace(
        config,
        classifiers=(MODEL,),
        start_timeout_s=120.0,
        hang_timeout_s=60.0,
    )


def explain_request(request_id="x", text=EXPLAINED, **options):
    return ExplainRequest(request_id, MODEL, text, **options)


async def test_an_explanation_says_what_each_word_does(reading, start):
    client = await start(reading)
    whole = await client.classify(ClassifyRequest("c", MODEL, EXPLAINED, 60.0))
    for method in ("occlusion", "lime", "gradients"):
        asked = explain_request(method=method, n_samples=20)
        explained = await client.explain(asked)
        assert (explained.id, explained.method) == ("x", method)
        assert explained.label == whole.label
        assert explained.score == pytest.approx(whole.scores[whole.label], abs=1e-5)
        assert explained.model_version == whole.model_version
        words = [EXPLAINED[word.start : word.end] for word in explained.words]
        assert words[:4] == ["I", "am", "so", "glad"]
        assert words[-1] == "🎉"
    with pytest.raises(BadRequest, match="envy"):
        await client.explain(explain_request(label="envy"))
    with pytest.raises(BadRequest, match="samples"):
        await client.explain(explain_request(n_samples=0))


async def test_an_explanation_can_be_cancelled_in_two_ways(reading, start):
    client = await start(reading)
    asked = explain_request(text=LONG, method="lime", n_samples=5000)
    explaining = asyncio.create_task(client.explain(asked))
    await until(lambda: client.stats().n_explaining == 1, 30)
    await client.cancel("x")
    with pytest.raises(RequestCancelled):
        await asyncio.wait_for(explaining, 30)
    explaining = asyncio.create_task(client.explain(asked))
    await until(lambda: client.stats().n_explaining == 1, 30)
    explaining.cancel()
    await until(lambda: client.stats().n_explaining == 0, 30)


async def test_no_classifier_no_explanation(config, start):
    client = await start(config)
    with pytest.raises(ModelUnavailable, match=MODEL):
        await client.explain(explain_request())


async def test_an_id_may_be_used_again_but_not_twice_at_once(config, start):
    client = await start(config)
    assert (await collect(client, request()))[0] == WHOLE
    reply = asyncio.create_task(collect(client, request()))
    await asyncio.sleep(0)
    with pytest.raises(ValueError, match="already open"):
        await collect(client, request())
    assert (await reply)[0] == WHOLE


async def test_a_text_with_a_lone_surrogate_does_no_harm(config, start):
    client = await start(config)
    asked = GenerateRequest("a", "sad \ud83d", None)
    assert (await collect(client, asked))[0] == WHOLE


async def test_before_start_and_after_close_it_is_lost(config, deployed, switch):
    switch("stall", on=True)
    client = create_client(await deployed(config))
    with pytest.raises(EngineLost):
        client.check_admission()
    await client.start()
    reply = asyncio.create_task(collect(client, request()))
    await asyncio.sleep(0.05)
    await client.close()
    with pytest.raises(EngineLost):
        await asyncio.wait_for(reply, 1.0)
    with pytest.raises(EngineLost):
        client.check_admission()
    with pytest.raises(EngineLost):
        await collect(client, request("b"))


async def test_start_fails_with_the_reason(config, deployed):
    broken = replace(config, decoder="tests.fakes:no_such_thing")
    client = create_client(await deployed(broken))
    try:
        with pytest.raises(EngineLost, match="no_such_thing"):
            await client.start()
    finally:
        await client.close()


async def test_a_start_that_takes_too_long_is_given_up(config, deployed):
    """On Ray nobody has deployed this one, so it is waited for in vain."""
    slow = replace(
        await deployed(config),  # a process joins one cluster of Ray: that of all tests
        decoder="tests.fakes:slow_to_load",
        start_timeout_s=0.3,
        ray=RayConfig(app="nobody"),
    )
    client = create_client(slow)
    with pytest.raises(EngineLost, match="too long"):
        await client.start()
    await client.close()


async def test_progress_is_told(config, start):
    told = []
    await start(replace(config, decoder="tests.fakes:slow_to_load"), told.append)
    expected = "looking for" if config.host == "ray" else "loading the scripted model…"
    assert sum(expected in line for line in told) == 1


def test_an_unknown_host_is_refused_by_name(scripted):
    with pytest.raises(ValueError, match="gpu farm"):
        create_client(replace(scripted, host="gpu farm"))
