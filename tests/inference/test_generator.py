from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from inference.core import EngineCore
from inference.generator import T5Generator
from inference.loading import Decoding
from inference.scheduler import Limits
from inference.types import Delta, Finished, GenerateRequest, HistoryTurn
from tests.inference.tiny import GREEDY, reply_model

SAMPLED = Decoding(temperature=1.2, top_k=50, top_p=0.95, max_new_tokens=24)
TEXTS = [
    "i am so sad",
    "hello",
    "what should i do today you are so tired and alone",
    "happy",
]


def ask(core, request_id, text="i am so sad", seed=0, **options):
    core.submit(
        GenerateRequest(request_id, text, "sadness", seed=seed, **options), now=0.0
    )


def finish(core, events=()):
    """Tick until everything has ended; return texts and ends by request."""
    events = list(events)
    while core.has_work:
        events += core.tick(0.0)
    texts, ends = {}, {}
    for event in events:
        if isinstance(event, Delta):
            texts[event.id] = texts.get(event.id, "") + event.text
        else:
            assert event.id not in ends
            ends[event.id] = event
    return texts, ends


def core_of(model, n_slots=8):
    return EngineCore({}, T5Generator(model, n_slots), Limits(n_slots=n_slots))


def alone(model, text, seed, **options):
    core = core_of(model)
    ask(core, "a", text, seed, **options)
    texts, _ = finish(core)
    return texts.get("a", "")


@pytest.mark.parametrize("n_banned", [0, 1, 5, 24])
def test_a_greedy_reply_is_the_one_transformers_writes(n_banned):
    """Also where the tokens that it would write are banned."""
    model = reply_model()
    request = GenerateRequest(
        "a", "what should i do", "joy", (HistoryTurn("hello", "you"),)
    )
    prompt = torch.tensor([T5Generator(model, 1).encode(request)])

    def expected(banned):
        with torch.inference_mode():
            found = model.model.generate(
                prompt,
                max_new_tokens=24,
                do_sample=False,
                suppress_tokens=banned or None,
            )
        return [token for token in found[0, 1:].tolist() if token != 1]

    banned = sorted(set(expected([])))[:n_banned]
    rules = replace(model.decoding, banned_tokens=tuple(banned))
    core = core_of(replace(model, decoding=rules))
    core.submit(request, 0.0)
    texts, ends = finish(core)
    written = expected(banned)
    assert texts.get("a", "") == model.tokenizer.decode(written).lstrip().rstrip("�")
    assert ends["a"].n_tokens == len(written)


def test_the_same_seed_gives_the_same_reply_alone_and_among_others():
    model = reply_model(SAMPLED)
    wanted = [(text, seed) for seed in (1, 2) for text in TEXTS]
    core, events = core_of(model), []
    for place, (text, seed) in enumerate(wanted):
        ask(core, str(place), text, seed)
        events += core.tick(0.0)
    texts, _ = finish(core, events)
    for place, (text, seed) in enumerate(wanted):
        assert texts[str(place)] == alone(model, text, seed)


def test_another_seed_gives_another_reply():
    model = reply_model(SAMPLED)
    assert len({alone(model, TEXTS[0], seed) for seed in range(8)}) > 4


def test_cancelling_a_neighbour_changes_nothing():
    model = reply_model(SAMPLED)
    core = core_of(model, n_slots=3)
    for place, text in enumerate(TEXTS[:3]):
        ask(core, str(place), text, seed=place)
    events = core.tick(0.0) + core.tick(0.0)
    core.cancel("0")
    ask(core, "3", TEXTS[3], seed=3)
    texts, ends = finish(core, events)
    assert ends["0"].reason == "stopped"
    for place in (1, 2, 3):
        assert texts[str(place)] == alone(model, TEXTS[place], place)


@pytest.mark.parametrize(("asked", "n_tokens"), [(5, 5), (0, 1), (999, 24)])
def test_the_token_limit_is_the_smaller_of_the_two(asked, n_tokens):
    model = reply_model(replace(GREEDY, banned_tokens=(1,)))
    core = core_of(model)
    ask(core, "a", max_new_tokens=asked)
    _, ends = finish(core)
    assert (ends["a"].reason, ends["a"].n_tokens) == ("length", n_tokens)


def test_the_end_token_ends_a_reply_without_text():
    model = reply_model()
    with torch.no_grad():
        model.model.lm_head.weight[1] = 0.0
    everything_else = tuple(i for i in range(model.model.config.vocab_size) if i != 1)
    core = core_of(
        replace(model, decoding=replace(GREEDY, banned_tokens=everything_else))
    )
    ask(core, "a")
    texts, ends = finish(core)
    assert texts == {}
    assert isinstance(ends["a"], Finished)
    assert (ends["a"].reason, ends["a"].n_tokens) == ("stop", 0)


def test_more_replies_than_slots_all_come_to_an_end():
    model = reply_model(SAMPLED)
    core = core_of(model, n_slots=3)
    for place in range(11):
        ask(core, str(place), TEXTS[place % 4], seed=place)
    texts, ends = finish(core)
    assert len(ends) == 11
    assert texts["10"] == alone(model, TEXTS[2], 10)


def test_a_failed_step_leaves_the_slots_usable():
    model = reply_model(SAMPLED)
    core = core_of(model)
    ask(core, "a")
    core.tick(0.0)
    generator = core._replying._generator
    step, generator._slots.step = generator._slots.step, None
    failed = core.tick(0.0)
    generator._slots.step = step
    assert failed[0].code == "model_unavailable"
    ask(core, "b", TEXTS[1], seed=5)
    texts, _ = finish(core)
    assert texts["b"] == alone(model, TEXTS[1], 5)
