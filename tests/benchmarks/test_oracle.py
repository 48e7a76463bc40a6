"""The gate's judge: it must see an error where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.checkpoints import write
from benchmarks.messages import messages
from benchmarks.oracle import ReplyOracle

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.messages import Message


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> ReplyOracle:
    folder: Path = tmp_path_factory.mktemp("models")
    write(folder)
    return ReplyOracle(folder / "plain")


@pytest.fixture
def message() -> Message:
    return messages(1, 3)[0]


@pytest.mark.slow
def test_its_own_reply_is_right(oracle: ReplyOracle, message: Message) -> None:
    text = oracle.text_of(oracle.tokens_of(message))
    assert oracle.log_probability_off(message, text) == 0.0


@pytest.mark.slow
def test_another_token_is_told_by_what_it_lacks(
    oracle: ReplyOracle, message: Message
) -> None:
    tokens = oracle.tokens_of(message)
    log_probs = oracle._log_probs(message, tokens[:2])
    second = int(log_probs.topk(2).indices[1])
    text = oracle.text_of([*tokens[:2], second])
    off = float(log_probs[tokens[2]] - log_probs[second])
    assert oracle.log_probability_off(message, text) == pytest.approx(off, abs=1e-4)
    assert off > 0


@pytest.mark.slow
def test_another_text_is_as_wrong_as_can_be(
    oracle: ReplyOracle, message: Message
) -> None:
    assert oracle.log_probability_off(message, "§§§ nonsense") == float("inf")
