from __future__ import annotations

import math
import random

import pytest

from benchmarks.ratios import Ratio, orders, percentile, ratio_of


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.0, 1)]
)
def test_a_percentile_is_one_of_the_values(share: float, expected: int) -> None:
    values = list(range(1, 101))
    random.Random(1).shuffle(values)
    assert percentile(values, share) == expected


def test_with_few_values_a_high_percentile_is_the_greatest() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0


def test_of_nothing_there_is_no_percentile() -> None:
    assert math.isnan(percentile([], 0.5))


def test_two_rounds_are_an_abba_block() -> None:
    assert orders("AB", 4) == [["A", "B"], ["B", "A"]] * 2


def test_drift_favours_nobody() -> None:
    """Where each block costs a little more than the one before, sums are the same."""
    spent = dict.fromkeys("ABCDE", 0)
    blocks = (name for order in orders("ABCDE", 8) for name in order)
    for place, name in enumerate(blocks):
        spent[name] += place
    assert len(set(spent.values())) == 1


def test_the_ratio_is_the_median_of_pairs() -> None:
    ratio = ratio_of([1, 2, 30], [2, 2, 10])
    assert ratio.median == 1.0  # of 0.5, 1 and 3; the sums' ratio would be 2.4
    assert (ratio.low, ratio.high, ratio.n_pairs) == (0.5, 3.0, 3)


def test_a_clear_difference_excludes_one() -> None:
    draw = random.Random(2)
    ours = [10 * draw.uniform(0.9, 1.1) for _ in range(8)]
    theirs = [20 * draw.uniform(0.9, 1.1) for _ in range(8)]
    assert ratio_of(ours, theirs).excludes_one
    assert ratio_of(theirs, ours).low > 1


def test_no_difference_is_none() -> None:
    values = [0.8, 1.3, 0.9, 1.1, 1.2, 0.7, 1.0, 1.05]
    assert not ratio_of(values, [1.0] * 8).excludes_one


def test_the_interval_holds_what_it_promises() -> None:
    """In about 95 of 100 draws the interval holds the true median; seldom below 85."""
    draw, n_held = random.Random(3), 0
    for _ in range(100):
        ours = [draw.lognormvariate(0, 0.2) for _ in range(12)]
        ratio = ratio_of(ours, [1.0] * 12)
        n_held += ratio.low <= 1 <= ratio.high
    assert 85 <= n_held <= 100


def test_the_same_figures_give_the_same_interval() -> None:
    pairs = [1.0, 1.2, 0.9, 1.4], [1.1, 1.0, 1.0, 1.0]
    assert ratio_of(*pairs) == ratio_of(*pairs)


def test_pairs_without_a_figure_do_not_count() -> None:
    ratio = ratio_of([1.0, math.nan, 0.0, 2.0], [2.0, 1.0, 1.0, 0.0])
    assert ratio == Ratio(0.5, 0.5, 0.5, 1)


def test_without_any_pair_nothing_is_claimed() -> None:
    ratio = ratio_of([math.nan], [1.0])
    assert ratio.n_pairs == 0
    assert not ratio.excludes_one
