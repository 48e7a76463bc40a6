"""Weights as int8 rows with their scales: small files, the same model within half a step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from inference.errors import ModelFileError
from inference.loading import load_classifier
from inference.registry import MANIFEST_NAME
from inference.tensors import SCALE_SUFFIX
from tests.inference.family_parts import bert, save_teacher
from tests.inference.test_loading import edit_json, seal, shard_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MATRIX = "bert.embeddings.word_embeddings.weight"
BIAS = "classifier.bias"
State = dict[str, torch.Tensor]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_teacher(tmp_path / "bert", bert())


def change(folder: Path, edit: Callable[[State], Any]) -> None:
    """Edit the weights and make the manifest agree, as a broken writer would."""
    state = load_file(shard_of(folder))
    edit(state)
    save_file(state, shard_of(folder))
    seal(folder)


def test_matrices_are_int8_and_the_rest_is_float16(folder: Path) -> None:
    state = load_file(shard_of(folder))
    rows = {key for key in state if state[key].dtype == torch.int8}

    assert rows == {
        key for key, weight in bert().state_dict().items() if weight.ndim == 2
    }
    assert {key + SCALE_SUFFIX for key in rows} < set(state)
    assert state[BIAS].dtype == torch.float16
    assert all(state[key].abs().max() == 127 for key in rows)


def test_weights_come_back_within_half_a_step(folder: Path) -> None:
    stored = load_file(shard_of(folder))
    loaded = load_classifier(folder).model.state_dict()

    for key, weight in bert().state_dict().items():
        assert loaded[key].dtype == torch.float32
        step = stored.get(key + SCALE_SUFFIX, torch.zeros(1))
        error = (loaded[key] - weight).abs()
        rounding = weight.abs() * 2**-10  # it was float16 before
        assert (error <= 0.5 * step + rounding).all(), key


def test_scores_hardly_move(folder: Path) -> None:
    ids = torch.tensor([[2, 40, 41, 42, 3]])
    served, whole = (
        m(input_ids=ids).logits for m in (load_classifier(folder).model, bert())
    )

    torch.testing.assert_close(served, whole, atol=0.05, rtol=0)


def test_a_row_of_zeros_stays_one(tmp_path: Path) -> None:
    model = bert()
    model.get_input_embeddings().weight.data[0] = 0
    loaded = load_classifier(save_teacher(tmp_path / "bert", model))

    assert loaded.model.get_input_embeddings().weight[0].count_nonzero() == 0


def drop_scale(state: State) -> None:
    del state[MATRIX + SCALE_SUFFIX]


def scale_of_floats(state: State) -> None:
    state[BIAS + SCALE_SUFFIX] = torch.ones(6, 1)


def scale_of_nothing(state: State) -> None:
    state["bert.nothing" + SCALE_SUFFIX] = torch.ones(6, 1)


def scale_shaped(*shape: int) -> Callable[[State], None]:
    def edit(state: State) -> None:
        n_rows = len(state[MATRIX])
        sizes = [n_rows if size == -1 else size for size in shape]
        state[MATRIX + SCALE_SUFFIX] = torch.ones(sizes)

    return edit


def whole_scale(state: State) -> None:
    state[MATRIX + SCALE_SUFFIX] = torch.ones(len(state[MATRIX]), 1, dtype=torch.int64)


def endless_scale(state: State) -> None:
    state[MATRIX + SCALE_SUFFIX][3] = float("nan")


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(drop_scale, id="missing"),
        pytest.param(scale_of_floats, id="of floats"),
        pytest.param(scale_of_nothing, id="of nothing"),
        pytest.param(scale_shaped(7, 1), id="of fewer rows"),
        pytest.param(scale_shaped(1, 1), id="one for all"),
        pytest.param(scale_shaped(-1), id="flat"),
        pytest.param(scale_shaped(-1, 16), id="one a weight"),
        pytest.param(scale_shaped(), id="a number"),
        pytest.param(whole_scale, id="whole numbers"),
        pytest.param(endless_scale, id="not a number"),
    ],
)
def test_scales_that_do_not_fit_are_refused(
    folder: Path, edit: Callable[[State], Any]
) -> None:
    change(folder, edit)

    with pytest.raises(ModelFileError, match="scales"):
        load_classifier(folder)


def test_int8_where_a_vector_should_stand_is_refused(folder: Path) -> None:
    def edit(state: State) -> None:
        state[BIAS] = torch.ones(6, dtype=torch.int8)
        state[BIAS + SCALE_SUFFIX] = torch.ones(6, 1)

    change(folder, edit)
    with pytest.raises(ModelFileError):
        load_classifier(folder)


def manifest_with(folder: Path, **values: Any) -> None:
    edit_json(folder / MANIFEST_NAME, **values)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.4])
def test_a_temperature_is_read(folder: Path, temperature: float) -> None:
    manifest_with(folder, temperature=temperature)

    assert load_classifier(folder).temperature == temperature


@pytest.mark.parametrize(
    "temperature",
    ["0", "hot", 0.0, -1.0, 1e9, float("nan"), float("inf"), True, None, [1.0], {}],
)
def test_what_is_no_temperature_is_refused(folder: Path, temperature: object) -> None:
    manifest_with(folder, temperature=temperature)

    with pytest.raises(ModelFileError, match="is no temperature"):
        load_classifier(folder)


@pytest.mark.parametrize("max_tokens", ["many", None, [8], 0, -3, True, 2.5])
def test_a_length_the_model_cannot_read_is_refused(
    folder: Path, max_tokens: object
) -> None:
    manifest_with(folder, max_tokens=max_tokens)

    with pytest.raises(ModelFileError, match="max_tokens"):
        load_classifier(folder)


@pytest.mark.parametrize("content", ["3", "null", '"text"', "[[]]"])
def test_a_manifest_that_is_no_object_is_refused(folder: Path, content: str) -> None:
    (folder / MANIFEST_NAME).write_text(content)

    with pytest.raises(ModelFileError, match="manifest"):
        load_classifier(folder)


@pytest.mark.parametrize("change", [{"files": ["a"]}, {"files": 3}, {"labels": 3}])
def test_a_manifest_of_other_kinds_of_values_is_refused(
    folder: Path, change: dict[str, object]
) -> None:
    manifest = json.loads((folder / MANIFEST_NAME).read_text()) | change
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest))

    with pytest.raises(ModelFileError):
        load_classifier(folder)
