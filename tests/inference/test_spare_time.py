"""How much of an explanation may be computed now, as a table; the clock is a number."""

from __future__ import annotations

import pytest

from inference.spare_time import LINGER_S, PIECE_S, QUIET_S, SHARE, SpareTime

BUDGET = 512


def spare(token_s=0.0001, chatted_s=None, is_busy=False):
    """One that knows what a token takes, and when it last saw a chat."""
    time = SpareTime(BUDGET)
    time.learn("bert", 100, 100 * token_s, now=0.0)
    if chatted_s is not None:
        time.note(chatted_s, is_busy=True)
    if not is_busy:
        time.note(chatted_s or 0.0, is_busy=False)
    return time


@pytest.mark.parametrize("token_s", [0.0001, 1.0])
def test_while_nobody_chats_a_piece_is_a_whole_batch(token_s):
    assert spare(token_s).budget("bert", 0.0) == BUDGET
    assert spare(token_s, chatted_s=5.0).budget("bert", 5.0 + QUIET_S) == BUDGET


@pytest.mark.parametrize(
    ("token_s", "n_tokens"), [(0.0001, 40), (0.001, 4), (0.1, 1), (1e-12, BUDGET)]
)
def test_after_a_chat_a_piece_is_short(token_s, n_tokens):
    found = spare(token_s, chatted_s=5.0).budget("bert", 5.0 + QUIET_S / 2)
    assert found == pytest.approx(n_tokens, abs=1)
    assert found * token_s <= max(token_s, PIECE_S)


def test_of_a_model_that_is_not_known_a_single_row_is_tried():
    assert spare(chatted_s=5.0).budget("electra", 5.1) == 1


def test_while_somebody_waits_a_rest_follows_each_piece():
    time = spare(is_busy=True, chatted_s=5.0)
    assert time.budget("bert", 5.0) > 1
    time.learn("bert", 100, 0.01, now=5.01)
    rest_s = 0.01 * (1 / SHARE - 1)
    assert time.budget("bert", 5.01 + 0.99 * rest_s) == 0
    assert time.budget("bert", 5.01 + 1.01 * rest_s) > 1


def test_nobody_waits_so_there_is_no_rest():
    time = spare(chatted_s=5.0)
    time.learn("bert", 100, 0.01, now=5.1)
    assert time.budget("bert", 5.1) > 1


def test_for_a_moment_after_a_chat_nothing_begins():
    time = spare(chatted_s=5.0)
    assert time.pause_s(5.0) == pytest.approx(LINGER_S)
    assert time.budget("bert", 5.0 + 0.9 * LINGER_S) == 0
    assert time.pause_s(5.0 + LINGER_S) == pytest.approx(0, abs=1e-9)
    assert time.budget("bert", 5.0 + 1.1 * LINGER_S) > 1


def test_before_any_chat_there_is_no_pause():
    assert spare().pause_s(0.0) == 0
