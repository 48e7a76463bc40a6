"""Packed weights multiply to what torch says; rough ones nearly, and only where they pay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from inference import packed
from inference.classifier import TorchClassifier
from inference.loading import load_classifier, load_reply_model
from inference.packed import PackedLinear, Projection, rough_copy, with_packed_linears
from inference.registry import weights_dir
from inference.slots import T5Slots
from tests.inference.test_slots import Rows, prompts
from tests.inference.tiny import t5

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = [(1,), (2,), (33,), (3, 17)]
LINES = [
    "i passed the exam and my whole family danced in the kitchen",
    "nobody came",
    "he read my diary out loud in front of everyone and laughed",
] * 4

needs_onednn = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this torch has no oneDNN"
)
needs_bfloat16 = pytest.mark.skipif(
    not packed.has_fast_bfloat16(), reason="this CPU does not multiply bfloat16"
)


@pytest.fixture(autouse=True)
def same_weights() -> Iterator[None]:
    torch.manual_seed(5)
    with torch.inference_mode():
        yield


@pytest.fixture(params=[0, packed.LEAST_PRODUCTS], ids=["packed", "as it pays"])
def least(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "LEAST_PRODUCTS", request.param)


@pytest.mark.usefixtures("least")
@pytest.mark.parametrize("shape", ROWS)
@pytest.mark.parametrize("has_bias", [True, False])
def test_a_packed_layer_gives_what_the_dense_one_gives(
    shape: tuple[int, ...], has_bias: bool
) -> None:
    dense, x = nn.Linear(256, 1024, bias=has_bias), torch.randn(*shape, 256)
    packed_one = PackedLinear(dense.weight, dense.bias)
    assert torch.allclose(packed_one(x), dense(x), atol=1e-5)
    assert torch.equal(packed_one.weight, dense.weight)


@pytest.mark.usefixtures("least")
@pytest.mark.parametrize("shape", ROWS)
def test_a_projection_gives_x_times_the_weight(shape: tuple[int, ...]) -> None:
    weight, x = torch.randn(1024, 256), torch.randn(*shape, 256)
    assert torch.allclose(Projection(weight)(x), x @ weight.T, atol=1e-3, rtol=1e-5)


@torch.inference_mode(mode=False)
def test_gradients_flow_through_a_packed_layer() -> None:
    dense, x = nn.Linear(64, 64), torch.randn(40, 64, requires_grad=True)
    with torch.enable_grad():
        layer = PackedLinear(dense.weight, dense.bias)
        (found,) = torch.autograd.grad(layer(x).sum(), x)
        (expected,) = torch.autograd.grad(dense(x).sum(), x)
    assert torch.equal(found, expected)


@needs_onednn
def test_large_products_go_to_onednn(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    product = packed._product
    monkeypatch.setattr(
        packed, "_product", lambda x, *rest: seen.append(len(x)) or product(x, *rest)
    )
    project = Projection(torch.randn(1024, 256))
    for n_rows in (1, 2, 64):
        project(torch.randn(n_rows, 256))
    assert seen == [2, 64]


def test_other_numbers_than_float32_are_left_alone() -> None:
    model = nn.Sequential(nn.Linear(64, 64).double())
    dense = model[0]
    assert with_packed_linears(model)[0] is dense


def test_rows_of_packed_slots_see_the_logits_of_transformers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packed, "LEAST_PRODUCTS", 0)
    model = t5()
    rows = Rows(T5Slots(model, n_slots=8, max_source=20, max_target=24))
    rows.admit(prompts(5, seed=1))
    for n in range(8):
        if n == 3:
            rows.remove(1)
            rows.admit(prompts(2, seed=2))
        rows.step()
    assert rows.worst_error(t5()) < 1e-3


def test_the_shipped_reply_model_gives_the_logits_of_transformers() -> None:
    loaded = load_reply_model(weights_dir("reply"))
    as_it_was = load_reply_model(weights_dir("reply")).model
    rows = Rows(T5Slots(loaded.model, n_slots=8, max_source=64, max_target=24))
    rows.admit(prompts(8, seed=3))
    for _ in range(6):
        rows.step()
    assert rows.worst_error(as_it_was) < 1e-3


@pytest.mark.parametrize("name", ["bert", "mobilebert", "electra"])
def test_a_shipped_classifier_scores_as_before(name: str) -> None:
    dense = load_classifier(weights_dir(name))
    classifier = TorchClassifier(load_classifier(weights_dir(name)))
    for text in LINES[:3]:
        tokens = classifier.encode(text)
        logits = dense.model(torch.tensor([tokens])).logits / dense.temperature
        [scores] = classifier.classify([tokens])
        expected = logits.softmax(-1)[0].tolist()
        assert list(scores.values()) == pytest.approx(expected, abs=1e-5)


@needs_bfloat16
def test_a_rough_reading_is_within_a_hundredth_and_leaves_the_exact_one_alone() -> None:
    classifier = TorchClassifier(load_classifier(weights_dir("bert")))
    batch = [classifier.encode(text) for text in LINES]
    exact, rough = classifier.classify(batch), classifier.rough.classify(batch)
    for row, other in zip(exact, rough, strict=True):
        assert list(other.values()) == pytest.approx(list(row.values()), abs=0.01)
    assert classifier.rough is classifier.rough
    assert exact != rough
    assert classifier.classify(batch) == exact


@needs_bfloat16
def test_a_rough_copy_shares_what_is_no_linear_layer() -> None:
    model = with_packed_linears(load_classifier(weights_dir("bert")).model)
    copied = rough_copy(model)
    words = model.get_input_embeddings().weight
    assert copied.get_input_embeddings().weight is words
    assert not any(isinstance(part, nn.Linear) for part in copied.modules())


def test_without_fast_bfloat16_nobody_reads_roughly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False})
    loaded = load_classifier(weights_dir("bert"))
    assert rough_copy(loaded.model) is None
    classifier = TorchClassifier(replace(loaded))
    assert classifier.rough is classifier
