"""Tiny random T5s as other people publish them: classic, v1.1 and Flan-like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file

from inference.checkpoints import Checkpoint
from inference.spiece import read_spiece
from tests.inference.tiny import t5

if TYPE_CHECKING:
    from transformers import T5ForConditionalGeneration

SPIECE = Path(__file__).parent / "spiece"
PLAIN, BYTES = SPIECE / "plain.model", SPIECE / "bytes.model"
KINDS = ("classic", "v1.1", "flan")
N_IDS = 320  # more than the vocabulary has, as T5's 32,128 are more than its 32,100
UNUSED = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
TIED = ("lm_head.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")


def save(folder: Path, kind: str = "flan", **changes: Any) -> Checkpoint:
    """Write a checkpoint with the files and names that this kind has on the hub."""
    folder.mkdir(parents=True, exist_ok=True)
    is_classic = kind == "classic"
    gelu = {} if is_classic else {"feed_forward_proj": "gated-gelu"}
    model = t5(N_IDS, **gelu)
    if not is_classic:
        model.lm_head.weight = torch.nn.Parameter(torch.randn(N_IDS, 32))
    state = {k: v.clone().contiguous() for k, v in model.state_dict().items()}
    if is_classic:
        state = {k: v for k, v in state.items() if k not in TIED}
        state[UNUSED] = torch.randn(8, 4)
    (folder / "config.json").write_text(json.dumps(config(model, kind) | changes))
    _save_weights(folder, state, n_files=2 if kind == "flan" else 1)
    _save_tokenizer(folder, kind)
    return Checkpoint(folder, folder.name)


def config(model: T5ForConditionalGeneration, kind: str) -> dict[str, Any]:
    """Return config.json as the hub's older ones are: no word of scaled outputs."""
    known = model.config.to_dict()
    ours = [
        "d_model",
        "d_kv",
        "d_ff",
        "num_layers",
        "num_decoder_layers",
        "num_heads",
        "vocab_size",
    ]
    ours += ["relative_attention_num_buckets", "feed_forward_proj", "pad_token_id"]
    ours += ["eos_token_id", "decoder_start_token_id", "layer_norm_epsilon"]
    values = {name: known[name] for name in ours}
    if kind != "classic":
        values["tie_word_embeddings"] = False
    odd = {"n_positions": 512, "output_past": True, "task_specific_params": {"a": {}}}
    return {"model_type": "t5", "architectures": ["T5Model"]} | odd | values


def _save_weights(folder: Path, state: dict[str, torch.Tensor], n_files: int) -> None:
    if n_files == 1:
        save_file(state, folder / "model.safetensors")
        return
    places = {}
    for i in range(n_files):
        name = f"model-{i + 1:05}-of-{n_files:05}.safetensors"
        part = dict(list(state.items())[i::n_files])
        save_file(part, folder / name)
        places |= dict.fromkeys(part, name)
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def _save_tokenizer(folder: Path, kind: str) -> None:
    """v1.1 has only its SentencePiece file; the others a tokenizer.json."""
    if kind == "v1.1":
        (folder / "spiece.model").write_bytes(PLAIN.read_bytes())
        return
    tokenizer = read_spiece(PLAIN.read_bytes(), 100)
    tokenizer.save(str(folder / "tokenizer.json"))
