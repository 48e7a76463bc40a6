"""A model's folder: what is written comes back, what is wrong is refused."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from inference.errors import ModelFileError
from inference.loading import load_classifier, load_reply_model
from inference.model_files import read_manifest
from inference.registry import (
    CLASSIFIERS,
    EMOTION_LABELS,
    MANIFEST_NAME,
    WEIGHTS_ROOT,
    is_trained,
    runs_in,
    weights_dir,
)
from inference.training import saving

TORCH_CLASSIFIERS = [name for name in CLASSIFIERS if runs_in("pytorch", name)]
INFO = {"name": "bert", "task": "emotion", "labels": EMOTION_LABELS, "max_tokens": 8}


def make_bert() -> PreTrainedModel:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        id2label=dict(enumerate(EMOTION_LABELS)),
        label2id={label: i for i, label in enumerate(EMOTION_LABELS)},
    )
    return BertForSequenceClassification(config).eval()


def make_t5() -> PreTrainedModel:
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=40, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_decoder_layers=1,
        num_heads=2, tie_word_embeddings=True, decoder_start_token_id=0,
    )  # fmt: skip
    return T5ForConditionalGeneration(config).eval()


def tokenizer_json() -> str:
    words = ["[UNK]", *"abcdefghij"]
    tokenizer = Tokenizer(
        models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer.to_str()


def save(folder: Path, model: PreTrainedModel, **info: Any) -> str:
    return saving.save_model(folder, model, model.config, tokenizer_json(), INFO | info)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "bert", make_bert())
    return tmp_path / "bert"


def edit_json(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def seal(folder: Path) -> None:
    """Make the manifest agree with the files, as somebody who means ill would."""
    files = {
        path.name: saving.hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name != MANIFEST_NAME
    }
    edit_json(folder / MANIFEST_NAME, files=files)


def test_a_classifier_comes_back_within_float16(folder: Path) -> None:
    loaded = load_classifier(folder)

    for key, tensor in make_bert().state_dict().items():
        torch.testing.assert_close(
            loaded.model.state_dict()[key], tensor, rtol=1e-3, atol=1e-3
        )


def test_a_loaded_model_is_ready_to_serve(folder: Path) -> None:
    loaded = load_classifier(folder)

    assert loaded.labels == EMOTION_LABELS
    assert not loaded.model.training
    assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
    assert not any(p.requires_grad for p in loaded.model.parameters())
    assert len(loaded.tokenizer.encode("a " * 50).ids) == loaded.max_tokens == 8


def test_a_t5_comes_back_with_its_embeddings_tied(tmp_path: Path) -> None:
    model = make_t5()
    save(tmp_path, model, name="reply", labels=[], decoding={"temperature": 0.5})
    loaded = load_reply_model(tmp_path)
    ids = torch.tensor([[3, 4, 5, 1]])

    assert loaded.model.lm_head.weight is loaded.model.shared.weight
    assert loaded.decoding.temperature == 0.5
    torch.testing.assert_close(
        loaded.model(input_ids=ids, decoder_input_ids=ids).logits,
        model(input_ids=ids, decoder_input_ids=ids).logits,
        rtol=1e-2,
        atol=1e-2,
    )


def test_the_version_follows_the_weights(tmp_path: Path) -> None:
    model = make_bert()
    first = save(tmp_path / "a", model)
    again = save(tmp_path / "b", model)
    model.classifier.bias.data += 1
    changed = save(tmp_path / "c", model)

    assert first == again != changed


def test_shards_stay_under_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "MAX_SHARD_BYTES", 4_000)
    save(tmp_path, make_bert())
    shards = sorted(tmp_path.glob("*.safetensors"))

    assert len(shards) > 2
    assert max(shard.stat().st_size for shard in shards) < 4_000 + 2_000
    assert load_classifier(tmp_path).labels == EMOTION_LABELS


def test_saving_again_leaves_no_old_shard(tmp_path: Path) -> None:
    (tmp_path / "model-00007-of-00009.safetensors").write_bytes(b"old")
    save(tmp_path, make_bert())

    assert [p.name for p in tmp_path.glob("*.safetensors")] == [
        "model-00001-of-00001.safetensors"
    ]


def test_no_manifest_is_refused(folder: Path) -> None:
    (folder / MANIFEST_NAME).unlink()

    with pytest.raises(ModelFileError, match=r"no manifest\.json"):
        load_classifier(folder)


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1}'])
def test_a_strange_manifest_is_refused(folder: Path, content: str) -> None:
    (folder / MANIFEST_NAME).write_text(content)

    with pytest.raises(ModelFileError, match="manifest"):
        load_classifier(folder)


def shard_of(folder: Path) -> Path:
    return next(folder.glob("*.safetensors"))


def test_a_missing_shard_is_refused(folder: Path) -> None:
    shard_of(folder).unlink()

    with pytest.raises(ModelFileError, match="is missing"):
        load_classifier(folder)


def test_a_truncated_shard_is_refused(folder: Path) -> None:
    shard = shard_of(folder)
    shard.write_bytes(shard.read_bytes()[:-1])

    with pytest.raises(ModelFileError, match="altered or cut short"):
        load_classifier(folder)


def test_an_altered_shard_is_refused(folder: Path) -> None:
    shard = shard_of(folder)
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)

    with pytest.raises(ModelFileError, match="altered or cut short"):
        load_classifier(folder)


class Bomb:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.trace,)


def test_a_pickle_beside_no_manifest_is_refused_unread(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(trace)))

    with pytest.raises(ModelFileError, match="pickle"):
        load_classifier(tmp_path)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["model-00001-of-00001.safetensors", "model.bin"])
def test_a_pickle_in_a_manifest_is_refused_unread(folder: Path, name: str) -> None:
    trace = folder.parent / "trace"
    shard_of(folder).unlink()
    (folder / name).write_bytes(pickle.dumps(Bomb(trace)))
    seal(folder)

    with pytest.raises(ModelFileError):
        load_classifier(folder)
    assert not trace.exists()


def test_a_file_outside_the_folder_is_refused(folder: Path) -> None:
    edit_json(folder / MANIFEST_NAME, files={"../secret": "0"})

    with pytest.raises(ModelFileError, match="may be read"):
        load_classifier(folder)


@pytest.mark.parametrize(
    "labels",
    [EMOTION_LABELS[::-1], EMOTION_LABELS[:5], (), ("a", "b", "c", "d", "e", "f")],
)
def test_a_wrong_label_map_is_refused(folder: Path, labels: tuple[str, ...]) -> None:
    edit_json(folder / MANIFEST_NAME, labels=labels)

    with pytest.raises(ModelFileError, match="label map"):
        load_classifier(folder)


def test_labels_that_only_the_registry_contradicts_are_refused(tmp_path: Path) -> None:
    model = make_bert()
    model.config.id2label = dict(enumerate("abcdef"))
    save(tmp_path, model, labels=list("abcdef"))

    with pytest.raises(ModelFileError, match="label map"):
        load_classifier(tmp_path)


@pytest.mark.parametrize("model_type", ["no-such-model", None])
def test_an_unknown_model_type_is_refused(folder: Path, model_type: str | None) -> None:
    edit_json(folder / "config.json", model_type=model_type)
    seal(folder)

    with pytest.raises(ModelFileError, match="model type"):
        load_classifier(folder)


def test_a_model_that_cannot_classify_is_refused(folder: Path) -> None:
    edit_json(folder / "config.json", model_type="clip_vision_model")
    seal(folder)

    with pytest.raises(ModelFileError):
        load_classifier(folder)


@pytest.mark.parametrize("change", [{"hidden_size": 32}, {"num_hidden_layers": 3}])
def test_weights_that_do_not_fit_are_refused(
    folder: Path, change: dict[str, int]
) -> None:
    edit_json(folder / "config.json", **change)
    seal(folder)

    with pytest.raises(ModelFileError, match="weights"):
        load_classifier(folder)


def test_a_broken_tokenizer_is_refused(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{}")
    seal(folder)

    with pytest.raises(ModelFileError, match="tokenizer"):
        load_classifier(folder)


def test_unknown_decoding_settings_are_refused(tmp_path: Path) -> None:
    save(tmp_path, make_t5(), name="reply", decoding={"beams": 4})

    with pytest.raises(ModelFileError, match="decoding"):
        load_reply_model(tmp_path)


@pytest.mark.parametrize("name", [*TORCH_CLASSIFIERS, "reply"])
def test_shipped_weights_verify(name: str) -> None:
    if not is_trained(name):
        pytest.skip(f"{name} is not trained yet")
    folder = weights_dir(name)
    loaded = load_reply_model(folder) if name == "reply" else load_classifier(folder)

    assert loaded.version == read_manifest(folder)["version"]


def test_shipped_files_stay_under_16_mib() -> None:
    sizes = {p.name: p.stat().st_size for p in WEIGHTS_ROOT.rglob("*") if p.is_file()}

    assert all(size < 16 * 2**20 for size in sizes.values())
