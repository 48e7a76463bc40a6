from __future__ import annotations

import random

import pytest
import torch

from inference.slots import T5Slots
from tests.inference.tiny import t5

VARIANTS = [
    pytest.param({}, id="t5"),
    pytest.param({"feed_forward_proj": "gated-gelu"}, id="gated"),
    pytest.param({"tie_word_embeddings": False}, id="unscaled"),
    pytest.param({"num_layers": 3, "num_decoder_layers": 1}, id="shallow decoder"),
    pytest.param({"d_kv": 16}, id="inner width differs"),
]


def expected_logits(model, prompt, written):
    """What transformers says, teacher-forced, for every position."""
    decoder_ids = torch.tensor([[0, *written]])
    with torch.inference_mode():
        return model(torch.tensor([prompt]), decoder_input_ids=decoder_ids).logits[0]


class Rows:
    """Runs rows through the slots and keeps what each of them saw."""

    def __init__(self, slots, seed=3):
        self.slots, self.random = slots, random.Random(seed)
        self.rows, self.seen = [], []

    def admit(self, prompts):
        self.slots.admit(prompts)
        new = [{"prompt": p, "written": [], "logits": []} for p in prompts]
        self.rows += new
        self.seen += new

    def step(self):
        logits = self.slots.step()
        tokens = [self.random.randrange(2, 320) for _ in self.rows]
        for row, line, token in zip(self.rows, logits, tokens, strict=True):
            row["logits"].append(line.clone())
            row["written"].append(token)
        self.slots.advance(tokens)

    def remove(self, place):
        self.slots.remove(place)
        self.rows[place] = self.rows[-1]
        self.rows.pop()

    def worst_error(self, model):
        errors = [0.0]
        for row in self.seen:
            n = len(row["logits"])
            expected = expected_logits(model, row["prompt"], row["written"])[:n]
            if n:
                errors.append(
                    (torch.stack(row["logits"]) - expected).abs().max().item()
                )
        return max(errors)


def prompts(n, seed):
    chance = random.Random(seed)
    return [
        [chance.randrange(2, 320) for _ in range(chance.randrange(1, 20))]
        for _ in range(n)
    ]


@pytest.mark.parametrize("changes", VARIANTS)
def test_rows_that_join_and_leave_see_the_logits_of_transformers(changes):
    model = t5(**changes)
    rows = Rows(T5Slots(model, n_slots=8, max_source=20, max_target=24))
    rows.admit(prompts(3, seed=1))
    for turn in range(14):
        rows.step()
        if turn in (1, 4, 6):
            rows.admit(prompts(2, seed=turn))
        if turn in (3, 6, 9, 11):
            rows.remove(turn % len(rows.rows))
    assert len(rows.seen) == 9
    assert rows.worst_error(model) < 1e-3


def test_a_reused_slot_never_sees_its_predecessor():
    model = t5()
    slots = T5Slots(model, n_slots=2, max_source=20, max_target=24)
    slots._self_kv.fill_(float("nan"))
    slots._cross_kv.fill_(float("inf"))
    rows = Rows(slots)
    rows.admit([[5] * 20, [6] * 20])
    for _ in range(10):
        rows.step()
    rows.remove(0)
    slots._self_kv[:, :, 1:] = float("nan")
    slots._cross_kv[:, :, 1:] = float("nan")
    rows.admit([[7, 8, 1]])
    for _ in range(10):
        rows.step()
    assert rows.worst_error(model) < 1e-3


def test_only_the_tokens_asked_for_get_logits():
    model, asked = t5(), [1, 9, 4]
    all_slots, some = (T5Slots(model, 4, 20, 24, tokens) for tokens in (None, asked))
    for slots in (all_slots, some):
        slots.admit(prompts(3, seed=1))
    assert torch.allclose(some.step(), all_slots.step()[:, asked], atol=1e-5)


def test_clearing_leaves_slots_as_good_as_new():
    model = t5()
    rows = Rows(T5Slots(model, n_slots=2, max_source=20, max_target=24))
    rows.admit(prompts(2, seed=1))
    rows.step()
    rows.slots.clear()
    rows.rows.clear()
    assert rows.slots.n_rows == 0
    rows.admit(prompts(2, seed=2))
    rows.step()
    assert rows.worst_error(model) < 1e-3
