"""Long texts are cut so that nothing is lost, and pooled as one temperature allows."""

from __future__ import annotations

import math

import pytest

from inference.errors import ModelFileError
from inference.windows import WindowRule, pooled, rule_in, windows

OPENING, CLOSING = -1, -2


def tokens(n_words: int) -> list[int]:
    return [OPENING, *range(n_words), CLOSING]


def starts(cut: list[list[int]]) -> list[int]:
    return [window[1] for window in cut]


@pytest.mark.parametrize("n_words", [0, 1, 7, 8])
def test_a_text_that_fits_is_its_own_window(n_words: int) -> None:
    assert windows(tokens(n_words), WindowRule(10, 2, 4)) == [tokens(n_words)]


@pytest.mark.parametrize("n_words", range(9, 60))
@pytest.mark.parametrize("overlap", [0, 1, 3, 7])
def test_every_word_is_read_and_neighbours_overlap(n_words: int, overlap: int) -> None:
    cut = windows(tokens(n_words), WindowRule(10, overlap, 100))
    shared = [len({*a} & {*b}) - 2 for a, b in zip(cut, cut[1:], strict=False)]

    assert {len(window) for window in cut} == {10}
    assert all((w[0], w[-1]) == (OPENING, CLOSING) for w in cut)
    assert {word for window in cut for word in window[1:-1]} == set(range(n_words))
    assert min(shared) >= overlap
    # Not one more than needed: with one window less, some word or overlap would be missing.
    assert len(cut) == math.ceil((n_words - overlap) / (8 - overlap))


def test_a_text_too_long_for_all_its_windows_is_read_from_begin_to_end() -> None:
    cut = windows(tokens(1_000), WindowRule(10, 2, 4))

    assert starts(cut) == [0, 330, 661, 992]
    assert cut[-1][-2] == 999


def test_with_one_window_alone_it_is_the_first() -> None:
    assert starts(windows(tokens(50), WindowRule(10, 0, 1))) == [0]


def test_pooled_scores_are_the_softmax_of_the_mean_logits() -> None:
    logits = [(2.0, -1.0, 0.5), (-0.5, 3.0, 0.0)]
    means = [sum(pair) / 2 for pair in zip(*logits, strict=True)]
    of_all = pooled([softmax(row) for row in logits])

    assert list(of_all) == ["a", "b", "c"]
    assert of_all == pytest.approx(softmax(means))
    assert sum(of_all.values()) == pytest.approx(1)


def test_a_lone_windows_scores_stay_as_they_are() -> None:
    scores = {"a": 0.1, "b": 0.9}

    assert pooled([scores]) == scores
    assert pooled([{"a": 0.0, "b": 1.0}, {"a": 1.0, "b": 0.0}])["a"] == pytest.approx(
        0.5
    )


def softmax(row: tuple[float, ...] | list[float]) -> dict[str, float]:
    powers = [math.exp(value) for value in row]
    return dict(zip("abc", (power / sum(powers) for power in powers), strict=True))


@pytest.mark.parametrize(
    "values",
    [
        {"size": 8, "overlap": 6, "most": 2},
        {"size": 8, "overlap": -1, "most": 2},
        {"size": 8, "overlap": 1, "most": 0},
        {"size": 65, "overlap": 1, "most": 2},
        {"size": 8, "stride": 4},
        {},
    ],
)
def test_a_manifest_with_windows_that_cut_nothing_is_refused(values: dict) -> None:
    with pytest.raises(ModelFileError, match="news"):
        rule_in("news", {"max_tokens": 64, "windows": values})


def test_a_manifest_tells_how_to_cut_or_nothing() -> None:
    values = {"size": 64, "overlap": 8, "most": 3}

    assert rule_in("news", {"max_tokens": 64, "windows": values}) == WindowRule(
        64, 8, 3
    )
    assert rule_in("news", {"max_tokens": 64}) is None
