from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
import torch
from transformers import LogitsProcessorList
from transformers.generation import (
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
)

from inference.decoding import choose_tokens, heard_ngrams, uniform
from inference.loading import Decoding

PLAIN = Decoding(
    temperature=1.0, top_k=0, top_p=1.0, repetition_penalty=1.0, no_repeat_ngram=0
)
GREEDY = replace(PLAIN, temperature=0.0)


def logits(n_rows, n_vocabulary=12, seed=0):
    return (
        torch.randn(n_rows, n_vocabulary, generator=torch.Generator().manual_seed(seed))
        * 3
    )


def draws(row, rules, n=4000):
    """Choose from the same logits under many seeds."""
    table = row.expand(n, -1)
    return Counter(choose_tokens(table, [[]] * n, range(n), rules))


def test_temperature_zero_takes_the_likeliest():
    table = logits(5)
    assert choose_tokens(table, [[]] * 5, [1] * 5, GREEDY) == table.argmax(-1).tolist()


def test_logits_are_left_as_they_were():
    table = logits(2)
    before = table.clone()
    choose_tokens(table, [[1, 2], []], [1, 2], replace(PLAIN, repetition_penalty=2.0))
    assert torch.equal(table, before)


WRITTEN = [
    pytest.param([[]], id="nothing"),
    pytest.param([[3]], id="one"),
    pytest.param([[3, 4, 3], [5], []], id="mixed lengths"),
    pytest.param([[1, 2, 3, 1, 2], [1, 2, 3, 4, 5, 6], [7, 7, 7]], id="repeats"),
    pytest.param([[1, 2, 1, 2, 1, 2, 1], [4, 5, 6, 4, 5]], id="many repeats"),
]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("size", [0, 1, 2, 3])
@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_repeats_are_treated_as_transformers_does(written, size, penalty):
    table = logits(len(written), seed=5)
    rules = replace(GREEDY, repetition_penalty=penalty, no_repeat_ngram=size)
    processors = LogitsProcessorList([RepetitionPenaltyLogitsProcessor(penalty)])
    if size:
        processors.append(NoRepeatNGramLogitsProcessor(size))
    for row, tokens in enumerate(written):
        ids = torch.tensor([tokens], dtype=torch.long)
        expected = processors(ids, table[row : row + 1].clone()).argmax(-1).tolist()
        batched = choose_tokens(table, written, [0] * len(written), rules)
        assert batched[row : row + 1] == expected


def test_draws_follow_the_probabilities():
    row = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    counts = draws(row, PLAIN)
    shares = [counts[token] / 4000 for token in range(4)]
    assert shares == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.03)


@pytest.mark.parametrize(
    ("rules", "possible"),
    [
        (replace(PLAIN, top_k=2), {0, 1}),
        (replace(PLAIN, top_p=0.6), {0, 1}),
        (replace(PLAIN, top_p=0.5), {0}),
        (replace(PLAIN, top_p=0.0), {0}),
        (replace(PLAIN, top_k=3, top_p=0.9), {0, 1, 2}),
        (replace(PLAIN, top_k=99), {0, 1, 2, 3}),
        (replace(PLAIN, temperature=0.02), {0}),
    ],
)
def test_only_the_likely_ones_are_drawn(rules, possible):
    row = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    assert set(draws(row, rules, n=2000)) == possible


def test_a_choice_does_not_depend_on_the_neighbours():
    table = logits(6, n_vocabulary=50)
    written = [[1, 2, 3, 1, 2], [], [4], [5, 6, 5], [7] * 9, [8, 9]]
    rules = Decoding(temperature=1.5, top_k=0, top_p=1.0)
    seeds = [3, 1, 4, 1, 5, 9]
    together = choose_tokens(table, written, seeds, rules)
    alone = [
        choose_tokens(table[i : i + 1], written[i : i + 1], seeds[i : i + 1], rules)[0]
        for i in range(6)
    ]
    assert together == alone


def test_noise_is_even_and_differs_by_seed_and_position():
    values = [uniform(seed, place) for seed in range(100) for place in range(20)]
    assert len(set(values)) == 2000
    assert 0.0 <= min(values) < 0.01
    assert 0.99 < max(values) < 1.0
    assert sum(values) / 2000 == pytest.approx(0.5, abs=0.03)
    assert uniform(-(2**63), 0) != uniform(2**63, 1)


def test_no_four_words_heard_before_are_written_again():
    table = logits(1)
    likeliest = int(table.argmax())
    heard = [heard_ngrams([[9, 5, 6, 7, likeliest], [5, 6], [8, 5, 6, 7]], 4)]

    def chosen(row):
        return choose_tokens(table, [row], [1], GREEDY, heard)

    assert chosen([1, 5, 6, 7]) != [likeliest]
    assert chosen([5, 6, 7]) != [likeliest]
    assert chosen([1, 5, 6, 8]) == [likeliest]
    assert chosen([6, 7]) == [likeliest]


def test_an_ngram_heard_does_not_reach_over_the_end_of_a_reply():
    assert heard_ngrams([[1, 2, 3], [4, 5]], 4) == {}
    assert heard_ngrams([[1, 2, 3, 4], [1, 2, 3, 5]], 4) == {(1, 2, 3): [4, 5]}
    assert heard_ngrams([[1, 2, 3, 4]], 0) == {}


def test_what_others_have_heard_does_not_bind_a_row():
    table = logits(1).expand(2, -1)
    likeliest = int(table[0].argmax())
    heard = [heard_ngrams([[5, 6, 7, likeliest]], 4), {}]
    chosen = choose_tokens(table, [[5, 6, 7], [5, 6, 7]], [1, 1], GREEDY, heard)

    assert chosen[0] != likeliest
    assert chosen[1] == likeliest
