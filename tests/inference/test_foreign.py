"""T5s of other people: what our slots compute is what transformers computes."""

from __future__ import annotations

import json
import pickle

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import T5ForConditionalGeneration

from inference.checkpoints import Checkpoint
from inference.core import EngineCore
from inference.errors import ModelFileError
from inference.foreign import load_foreign
from inference.generator import T5Generator
from inference.slots import T5Slots
from inference.types import GenerateRequest, HistoryTurn
from tests.inference.foreign_parts import KINDS, N_IDS, save
from tests.inference.test_generator import finish
from tests.inference.test_loading import Bomb, edit_json
from tests.inference.test_slots import Rows, prompts

WEIGHTS = "model.safetensors"


@pytest.fixture(params=KINDS)
def checkpoint(request, tmp_path):
    return save(tmp_path / request.param, request.param)


def oracle(checkpoint):
    """The model as transformers itself loads it, scaling and untied words and all."""
    return T5ForConditionalGeneration.from_pretrained(checkpoint.folder).eval()


def test_rows_that_join_and_leave_see_the_logits_of_transformers(checkpoint):
    model = load_foreign(checkpoint).model
    rows = Rows(T5Slots(model, n_slots=8, max_source=20, max_target=24))
    rows.admit(prompts(3, seed=1))
    for turn in range(12):
        rows.step()
        if turn in (1, 4, 6):
            rows.admit(prompts(2, seed=turn))
        if turn in (3, 6, 9):
            rows.remove(turn % len(rows.rows))
    assert len(rows.seen) == 9
    assert rows.worst_error(oracle(checkpoint)) < 1e-3


def test_each_kind_has_its_own_scale_and_output_layer(checkpoint):
    model = load_foreign(checkpoint).model
    is_classic = checkpoint.name == "classic"
    assert model.config.scale_decoder_outputs is is_classic
    assert torch.equal(model.lm_head.weight, model.shared.weight) is is_classic


def test_saved_again_by_transformers_it_is_the_same_model(checkpoint, tmp_path):
    """It then writes tie_word_embeddings true and scale_decoder_outputs beside it."""
    found = load_foreign(checkpoint)
    oracle(checkpoint).save_pretrained(tmp_path / "again")
    found.tokenizer.save(str(tmp_path / "again" / "tokenizer.json"))
    again = load_foreign(Checkpoint(tmp_path / "again", "again")).model
    ids = torch.tensor([[5, 9, 30, 1]])
    with torch.inference_mode():
        wanted = found.model(ids, decoder_input_ids=ids).logits
        assert torch.allclose(again(ids, decoder_input_ids=ids).logits, wanted)


def test_half_precision_weights_become_float32(tmp_path):
    checkpoint = save(tmp_path / "half", "v1.1")
    path = checkpoint.folder / WEIGHTS
    save_file({k: v.bfloat16() for k, v in load_file(path).items()}, path)
    assert {p.dtype for p in load_foreign(checkpoint).model.parameters()} == {
        torch.float32
    }


def test_a_reply_holds_words_only(checkpoint):
    model = load_foreign(checkpoint)
    core = EngineCore({}, T5Generator(model, 8))
    history = (HistoryTurn("hello", "how are you?"),)
    for seed in range(8):
        core.submit(GenerateRequest(str(seed), "sad", None, history, seed=seed), 0.0)
    texts, ends = finish(core)
    assert len(ends) == 8
    assert all("<" not in text and "�" not in text for text in texts.values())
    assert {end.model_version for end in ends.values()} == {checkpoint.version}
    assert len(texts) == 8


def test_what_is_no_word_is_banned(checkpoint):
    model = load_foreign(checkpoint)
    banned = set(model.decoding.banned_tokens)
    n_known = model.tokenizer.get_vocab_size()
    assert {0, 2, *range(n_known - 100, N_IDS)} <= banned
    assert 1 not in banned
    assert len(banned) == 2 + 100 + N_IDS - n_known


def test_the_version_tells_trainings_apart(tmp_path):
    first, second = (
        save(tmp_path / "a", "classic"),
        save(tmp_path / "b" / "a", "classic"),
    )
    assert first.version == second.version
    assert first.version.startswith("a@")
    state = load_file(second.folder / WEIGHTS)
    state["shared.weight"] *= 2
    save_file(state, second.folder / WEIGHTS)
    assert first.version != second.version
    assert len(Checkpoint(first.folder, "x" * 96).version) <= 80


# --- What is refused ------------------------------------------------------------------


@pytest.fixture
def classic(tmp_path):
    return save(tmp_path / "classic", "classic")


def refused(checkpoint, words):
    with pytest.raises(ModelFileError, match=words) as caught:
        load_foreign(checkpoint)
    assert str(caught.value).startswith(f"{checkpoint.name}: ")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_type": "bert"}, "no T5 .*bert"),
        ({"model_type": "mt5"}, "no T5"),
        ({"quantization_config": {"load_in_8bit": True}}, "quantised"),
        ({"d_model": "wide"}, "not one of a T5"),
        ({"feed_forward_proj": "a-b-c"}, "not one of a T5"),
        ({"eos_token_id": [1, 2]}, "end token"),
        ({"eos_token_id": N_IDS}, "end token"),
        ({"d_ff": 64}, "do not fit"),
        ({"num_layers": 3}, "do not fit"),
        ({"vocab_size": 100}, "vocabulary is larger"),
    ],
)
def test_another_config_is_refused(classic, change, words):
    edit_json(classic.folder / "config.json", **change)
    refused(classic, words)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", WEIGHTS])
def test_a_damaged_or_missing_file_is_refused(classic, name):
    path = classic.folder / name
    path.write_bytes(path.read_bytes()[:-100])
    refused(classic, name)
    path.unlink()
    refused(classic, "there is n")


def test_a_missing_shard_is_refused(tmp_path):
    flan = save(tmp_path / "flan", "flan")
    (flan.folder / "model-00002-of-00002.safetensors").unlink()
    refused(flan, "00002 is missing|00002.safetensors is missing")


@pytest.mark.parametrize("name", ["../other.safetensors", "weights.bin"])
def test_an_index_that_leads_elsewhere_is_refused(tmp_path, name):
    flan = save(tmp_path / "flan", "flan")
    index = {"weight_map": {"shared.weight": name}}
    (flan.folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(flan, "may be read")


def test_a_pickle_is_refused_unread(classic, tmp_path):
    trace = tmp_path / "trace"
    bomb = pickle.dumps(Bomb(trace))
    (classic.folder / WEIGHTS).write_bytes(bomb)
    refused(classic, "no safetensors")
    (classic.folder / WEIGHTS).unlink()
    (classic.folder / "pytorch_model.bin").write_bytes(bomb)
    refused(classic, "pytorch_model.bin may be a pickle")
    assert not trace.exists()


def test_code_beside_it_is_not_run(classic, tmp_path):
    trace = tmp_path / "trace"
    code = f"import pathlib\npathlib.Path({str(trace)!r}).touch()\nclass Own: ...\n"
    (classic.folder / "own.py").write_text(code)
    own = {"AutoConfig": "own.Own", "AutoModelForSeq2SeqLM": "own.Own"}
    edit_json(classic.folder / "config.json", auto_map=own, _attn_implementation="a/b")
    assert type(load_foreign(classic).model).__module__.startswith("transformers.")
    assert not trace.exists()


def test_words_that_differ_between_encoder_and_decoder_are_refused(classic):
    state = load_file(classic.folder / WEIGHTS)
    state["decoder.embed_tokens.weight"] = state["shared.weight"] + 1
    save_file(state, classic.folder / WEIGHTS)
    refused(classic, "do not share")


def test_a_prompt_without_room_for_a_message_is_refused(classic):
    with pytest.raises(ModelFileError, match="no room"):
        load_foreign(classic, "kind " * 250 + "{message}")
