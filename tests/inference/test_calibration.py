"""Honest scores: the temperature, the score from which on a guess counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from inference.loading import load_classifier
from inference.registry import EMOTION_LABELS
from inference.training.calibration import (
    ALLOWED_ERROR,
    TEMPERATURES,
    best_temperature,
    calibrate,
    sure_from,
)
from inference.training.data import NO_LABEL, LabelledText
from inference.training.metrics import calibration_error
from inference.training.saving import save_model
from inference.training.scoring import softmax
from inference.training.trainee import Texts
from tests.inference.family_parts import bert, pieces
from tests.inference.training_parts import WORDS

if TYPE_CHECKING:
    from pathlib import Path

    from inference.training.calibration import Judged
    from inference.training.metrics import Floats, Ints


def honest(n: int = 3_000, seed: int = 0) -> tuple[Floats, Ints]:
    """Return logits whose softmax is the chance of each label, and labels so drawn."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, 6))
    chances = softmax(logits).cumsum(axis=1)
    return logits, (rng.random((n, 1)) > chances).sum(axis=1).clip(max=5)


@pytest.mark.parametrize("factor", [0.7, 1.0, 2.0, 3.0])
def test_it_finds_the_factor_that_logits_were_multiplied_by(factor: float) -> None:
    logits, truth = honest()

    found = best_temperature({"main": (factor * logits, truth)})
    assert found == pytest.approx(factor, rel=0.1)


def test_each_kind_of_text_weighs_alike() -> None:
    """However many lines a kind has: the larger one does not outvote the smaller."""
    near, (far, truth) = honest(6_000), honest(300, seed=1)
    few = best_temperature({"main": (1.3 * near[0], near[1]), "own": (2 * far, truth)})
    many = (np.tile(2 * far, (20, 1)), np.tile(truth, 20))

    assert best_temperature({"main": (1.3 * near[0], near[1]), "own": many}) == few


def test_the_first_kind_stays_within_the_allowed_error() -> None:
    """Texts of another kind ask for 4, which would make the first kind's scores lie."""
    first, (other, truth) = honest(), honest(seed=1)
    kinds: Judged = {"main": first, "chat": (4 * other, truth)}
    errors = {
        t: calibration_error(softmax(first[0], t), first[1]) for t in TEMPERATURES
    }
    found = best_temperature(kinds)

    assert best_temperature({"chat": kinds["chat"]}) > 3
    assert errors[found] <= ALLOWED_ERROR
    assert errors[min(t for t in errors if t > found)] > ALLOWED_ERROR


def test_where_no_temperature_is_good_enough_the_error_is_the_least() -> None:
    rng = np.random.default_rng(0)
    first = (rng.normal(0, 6, (600, 6)), rng.integers(0, 6, 600))
    errors = {
        t: calibration_error(softmax(first[0], t), first[1]) for t in TEMPERATURES
    }

    assert min(errors.values()) > ALLOWED_ERROR
    assert errors[best_temperature({"main": first})] == min(errors.values())


def guesses(*bands: tuple[float, int, int]) -> tuple[Floats, Ints]:
    """Return logits by (top score, how many, how many of them right); label 0 is on top."""
    rows, truth = [], []
    for top, n, n_right in bands:
        rows += [[top, *[(1 - top) / 5] * 5]] * n
        truth += [0] * n_right + [1] * (n - n_right)
    return np.log(np.array(rows)), np.array(truth)


BAND = 0.1


@pytest.mark.parametrize(
    ("bands", "starts_by"),
    [
        ([(0.33, 50, 10), (0.62, 50, 40), (0.92, 50, 48)], 0.62),
        ([(0.33, 50, 30), (0.62, 50, 40)], 0.33),
        ([(0.33, 50, 5), (0.62, 50, 10), (0.92, 50, 48)], 0.92),
    ],
)
def test_it_is_sure_from_where_half_the_guesses_are_right(
    bands: list[tuple[float, int, int]], starts_by: float
) -> None:
    threshold = sure_from({"own": guesses(*bands)}, None, 1.0)

    assert starts_by - BAND <= threshold <= starts_by


def test_a_lucky_guess_far_below_does_not_move_the_threshold() -> None:
    bands = (0.23, 1, 1), (0.42, 50, 5), (0.72, 50, 45)

    assert sure_from({"own": guesses(*bands)}, None, 1.0) > 0.5


def test_it_judges_by_other_texts_than_the_first_kind() -> None:
    kinds = {
        "main": guesses((0.33, 500, 500)),
        "own": guesses((0.33, 50, 5), (0.72, 50, 45)),
    }

    assert sure_from(kinds, None, 1.0) > 0.5


def test_on_a_neutral_text_every_guess_is_wrong() -> None:
    kinds = {"own": guesses((0.43, 50, 30), (0.82, 50, 49))}
    neutral, _ = guesses((0.43, 50, 50))

    assert sure_from(kinds, None, 1.0) <= 0.43
    assert sure_from(kinds, neutral, 1.0) > 0.5


def test_the_temperature_comes_first() -> None:
    logits, truth = guesses((0.33, 50, 5), (0.72, 50, 45))
    threshold = sure_from({"own": (2 * logits, truth)}, None, 2.0)

    assert threshold == sure_from({"own": (logits, truth)}, None, 1.0)


def test_who_is_never_right_is_never_sure() -> None:
    assert sure_from({"own": guesses((0.5, 9, 0), (0.92, 9, 0))}, None, 1.0) == 0.95


def test_calibrating_a_folder_puts_what_it_found_into_the_manifest(
    tmp_path: Path,
) -> None:
    rows = [
        LabelledText(f"i feel {word}", label)
        for word, label in zip(WORDS, EMOTION_LABELS, strict=True)
    ]
    neutral = [LabelledText("a cab", NO_LABEL)]
    texts = Texts(rows, {"emotion": rows, "own": rows[:3]}, neutral, EMOTION_LABELS)
    info = {"name": "bert", "labels": list(EMOTION_LABELS), "max_tokens": 16}
    model = bert()
    save_model(tmp_path, model, model.config, pieces().to_str(), info, int8=True)
    found = calibrate(tmp_path, texts)

    assert set(found) == {"temperature", "sure_from", "calibration"}
    assert found["temperature"] in TEMPERATURES
    assert 0.2 <= found["sure_from"] <= 0.95
    assert set(found["calibration"]) == {"emotion", "own"}
    assert all(set(row) == {"before", "after"} for row in found["calibration"].values())
    assert load_classifier(tmp_path).temperature == found["temperature"]
    assert found == calibrate(tmp_path, texts)
