"""A `--base` that is damaged, or means ill: refused in words, and nothing of it is run."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import pytest
import torch

from inference.registry import EMOTION_LABELS
from inference.training.data import DataError
from inference.training.start import load_checkpoint
from tests.inference.family_parts import bert, pieces, save_checkpoint
from tests.inference.test_loading import Bomb, edit_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WEIGHTS, TOKENIZER, CONFIG = "model.safetensors", "tokenizer.json", "config.json"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return save_checkpoint(tmp_path / "base", bert(), pieces())


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """What any code that comes with a checkpoint would leave."""
    return tmp_path / "trace"


def refused(base: Path, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        load_checkpoint(str(base), EMOTION_LABELS)
    assert str(caught.value).startswith(f"{base}: ")


def test_a_good_base_is_taken(base: Path) -> None:
    """What the tests below damage one by one."""
    found = load_checkpoint(str(base), EMOTION_LABELS)

    assert found.model.config.model_type == "bert"
    assert found.tokenizer.encode("i feel happy").tokens[1:-1] == ["i", "feel", "happy"]


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER, CONFIG])
def test_a_missing_file_is_refused(base: Path, name: str) -> None:
    (base / name).unlink()

    refused(base, "no checkpoint")


@pytest.mark.parametrize("name", [WEIGHTS, TOKENIZER, CONFIG])
@pytest.mark.parametrize("cut", [lambda c: c[:-100], lambda c: b"", lambda c: b"{}"])
def test_a_damaged_file_is_refused(
    base: Path, name: str, cut: Callable[[bytes], bytes]
) -> None:
    (base / name).write_bytes(cut((base / name).read_bytes()))

    refused(base, "no checkpoint")


@pytest.mark.parametrize(
    "change", [{"hidden_size": 32}, {"num_hidden_layers": 8}, {"vocab_size": 99}]
)
def test_weights_of_another_config_are_refused(
    base: Path, change: dict[str, int]
) -> None:
    """Else what does not fit would start from nothing, without a word."""
    edit_json(base / CONFIG, **change)

    refused(base, "not those that its config tells of")


def test_a_model_that_cannot_classify_is_refused(base: Path) -> None:
    edit_json(base / CONFIG, model_type="vit")

    refused(base, "no checkpoint")


def test_a_pickle_alone_is_refused_unread(base: Path, trace: Path) -> None:
    (base / WEIGHTS).unlink()
    (base / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(trace)))

    refused(base, "safetensors weights are needed")
    assert not trace.exists()


def test_a_pickle_that_means_well_is_refused_too(base: Path) -> None:
    (base / WEIGHTS).unlink()
    torch.save(bert().state_dict(), base / "pytorch_model.bin")

    refused(base, "safetensors weights are needed")


def test_a_pickle_by_the_name_of_safetensors_is_refused(
    base: Path, trace: Path
) -> None:
    (base / WEIGHTS).write_bytes(pickle.dumps(Bomb(trace)))

    refused(base, "no checkpoint")
    assert not trace.exists()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_pickle_that_an_index_names_is_refused(base: Path, trace: Path) -> None:
    (base / WEIGHTS).unlink()
    (base / "weights.bin").write_bytes(pickle.dumps(Bomb(trace)))
    places = dict.fromkeys(bert().state_dict(), "weights.bin")
    index = {"metadata": {}, "weight_map": places}
    (base / f"{WEIGHTS}.index.json").write_text(json.dumps(index))

    refused(base, "no checkpoint")
    assert not trace.exists()


def remote_code(base: Path, trace: Path) -> dict[str, str]:
    """Write a module that leaves a trace, and return what points at it."""
    lines = f"import pathlib\npathlib.Path({str(trace)!r}).touch()\nclass Own: ...\n"
    (base / "own.py").write_text(lines)
    return {
        "AutoConfig": "own.Own",
        "AutoModelForSequenceClassification": "own.Own",
    }


def test_a_model_of_its_own_code_is_refused(base: Path, trace: Path) -> None:
    edit_json(base / CONFIG, model_type="own", auto_map=remote_code(base, trace))

    refused(base, "custom code")
    assert not trace.exists()


def test_code_beside_a_known_model_is_not_run(base: Path, trace: Path) -> None:
    """The family is one of ours: its class here is used, and none from the folder."""
    edit_json(base / CONFIG, auto_map=remote_code(base, trace))
    tokenizer_map = {"AutoTokenizer": ["own.Own", "own.Own"]}
    edit_json(base / "tokenizer_config.json", auto_map=tokenizer_map)
    found = load_checkpoint(str(base), EMOTION_LABELS).model

    assert type(found).__module__.startswith("transformers.")
    assert torch.equal(
        found.get_input_embeddings().weight, bert().get_input_embeddings().weight
    )
    assert not trace.exists()
