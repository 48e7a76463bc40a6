"""Our encoder gives the states of transformers', whatever stands beside a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from inference.loading import load_reply_model
from inference.registry import weights_dir
from inference.t5_encoder import T5Encoder
from tests.inference.test_slots import VARIANTS, prompts
from tests.inference.tiny import t5

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def as_served() -> Iterator[None]:
    with torch.inference_mode():
        yield


def worst_error(model, encode, batch):
    states = encode(batch)
    return max(
        (states[row, : len(prompt)] - model.encoder(torch.tensor([prompt]))[0][0])
        .abs()
        .max()
        .item()
        for row, prompt in enumerate(batch)
    )


@pytest.mark.parametrize("changes", VARIANTS)
def test_prompts_of_unlike_length_together(changes):
    model = t5(**changes)
    encode = T5Encoder(model)
    for seed, n in ((1, 1), (2, 5), (3, 9)):
        assert worst_error(model, encode, prompts(n, seed)) < 1e-4


def test_a_longer_prompt_than_any_before_and_a_short_one_after_it():
    model = t5()
    encode = T5Encoder(model)
    for length in (3, 60, 1, 200, 17):
        assert worst_error(model, encode, [[7] * length, [9] * length]) < 1e-4


def test_what_it_returns_has_a_row_of_states_for_each_token():
    encode = T5Encoder(t5())
    assert encode([[5, 6, 7], [8]]).shape == (2, 3, t5().config.d_model)


def test_the_reply_model_that_ships():
    model = load_reply_model(weights_dir("reply")).model
    encode = T5Encoder(model)
    batch = [[11 * n % 7000 + 20 for n in range(length)] for length in (4, 24, 60)]
    assert worst_error(model, encode, batch) < 1e-4
