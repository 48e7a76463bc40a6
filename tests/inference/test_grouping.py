"""Texts of unlike length are cut into groups that waste little."""

from __future__ import annotations

from itertools import combinations

import pytest

from inference.grouping import grouped


def cost(groups: list[list[int]], lengths: list[int], forward_tokens: int) -> int:
    return sum(forward_tokens + len(g) * max(lengths[i] for i in g) for g in groups)


def all_ways(lengths: list[int]) -> list[list[list[int]]]:
    """Every way to cut the texts, sorted by length, into runs."""
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    n = len(order)
    ways = []
    for n_cuts in range(n):
        for cuts in combinations(range(1, n), n_cuts):
            edges = [0, *cuts, n]
            ways.append([order[a:b] for a, b in zip(edges, edges[1:], strict=False)])
    return ways


@pytest.mark.parametrize(
    "lengths", [[7], [3, 3, 3], [5, 60, 6, 7, 58], [1, 10, 20, 30, 40, 50], [9, 2] * 3]
)
def test_no_other_cut_costs_less(lengths: list[int]) -> None:
    found = grouped(lengths, forward_tokens=16)
    assert sorted(i for group in found for i in group) == list(range(len(lengths)))
    least = min(cost(way, lengths, 16) for way in all_ways(lengths))
    assert cost(found, lengths, 16) == least


def test_nothing_is_no_group() -> None:
    assert grouped([]) == []
