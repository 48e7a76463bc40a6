"""Load a T5 that somebody else trained: classic T5, T5 v1.1, Flan-T5.

Only names that T5 has are taken from its config, only safetensors from its weights: no
code and no pickle of a checkpoint can run. It is told in words what to do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import T5Config, T5ForConditionalGeneration

from inference.checkpoints import (
    PIECES,
    TOKENIZER_CONFIG,
    Checkpoint,
    read_config,
    read_json,
    tokenizer_path,
    weight_paths,
)
from inference.loading import Decoding, LoadedReplyModel, freeze
from inference.prompt import BOT, END, PAD, UNKNOWN, USER
from inference.prompt_formats import DEFAULT_TEMPLATE, TemplatePrompt
from inference.spiece import read_spiece

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# T5 knows no longest input, but the cross attention's cache grows with it: 32 slots of
# flan-t5-base are 0.6 GB.
MAX_PROMPT_TOKENS = 256
N_SENTINELS = 100
CONFIG_NAMES = [
    "vocab_size",
    "d_model",
    "d_kv",
    "d_ff",
    "num_layers",
    "num_decoder_layers",
    "num_heads",
    "relative_attention_num_buckets",
    "relative_attention_max_distance",
    "layer_norm_epsilon",
    "feed_forward_proj",
    "tie_word_embeddings",
    "scale_decoder_outputs",
    "pad_token_id",
    "eos_token_id",
    "decoder_start_token_id",
]
SHARED, HEAD = "shared.weight", "lm_head.weight"
TIED = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight")
# In t5-small and its like, and read by no version of the model.
UNUSED = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
NOT_WORDS = re.compile(r"<extra_id_\d+>|<0x[0-9A-Fa-f]{2}>")

State = dict[str, torch.Tensor]


def load_foreign(
    checkpoint: Checkpoint, template: str = "", device: str | torch.device = "cpu"
) -> LoadedReplyModel:
    """Load a plain T5, or raise ModelFileError saying what is wrong.

    `template` is the prompt in words; empty is `DEFAULT_TEMPLATE`.
    """
    config = _config(checkpoint, read_config(checkpoint))
    tokenizer = _tokenizer(checkpoint, config)
    end_token = int(config.eos_token_id)  # type: ignore[arg-type]
    prompt = TemplatePrompt(template or DEFAULT_TEMPLATE, end_token)
    if not prompt.fits(tokenizer, MAX_PROMPT_TOKENS):
        raise checkpoint.refuse("the prompt leaves no room for a message.")
    banned = _banned(tokenizer, config.vocab_size, end_token)
    return LoadedReplyModel(
        model=freeze(_build(checkpoint, config), device),
        tokenizer=tokenizer,
        version=checkpoint.version,
        max_tokens=MAX_PROMPT_TOKENS,
        decoding=Decoding(banned_tokens=banned),
        prompt=prompt,
    )


def _config(checkpoint: Checkpoint, values: Mapping[str, Any]) -> T5Config:
    """Return T5's own settings; where a reply starts and ends is known."""
    try:
        config = T5Config(**{k: values[k] for k in CONFIG_NAMES if k in values})
    except Exception as error:  # what its validation raises, the library does not say
        raise checkpoint.refuse("the config is not one of a T5.") from error
    start = values.get("decoder_start_token_id", config.pad_token_id)
    config.decoder_start_token_id = start
    for token in (start, config.pad_token_id, config.eos_token_id):
        if type(token) is not int or not 0 <= token < config.vocab_size:
            raise checkpoint.refuse("the config names no start, padding and end token.")
    return config


def _tokenizer(checkpoint: Checkpoint, config: T5Config) -> Tokenizer:
    path = tokenizer_path(checkpoint)
    try:
        if path.name == PIECES:
            tokenizer = read_spiece(path.read_bytes(), _n_sentinels(checkpoint))
        else:
            tokenizer = Tokenizer.from_str(path.read_text())
    except Exception as error:  # tokenizers raises bare Exception
        raise checkpoint.refuse(f"{path.name} is not readable. {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    if max(tokenizer.get_vocab().values(), default=0) >= config.vocab_size:
        raise checkpoint.refuse("the vocabulary is larger than the model's.")
    if {USER, BOT} <= tokenizer.get_vocab().keys():
        raise checkpoint.refuse("this is one of ours, but its manifest is missing.")
    return tokenizer


def _n_sentinels(checkpoint: Checkpoint) -> int:
    if not (checkpoint.folder / TOKENIZER_CONFIG).is_file():
        return N_SENTINELS
    return int(read_json(checkpoint, TOKENIZER_CONFIG).get("extra_ids", N_SENTINELS))


def _banned(tokenizer: Tokenizer, n_ids: int, end_token: int) -> tuple[int, ...]:
    """Return what no reply may hold: special tokens, sentinels, bytes, ids without text."""
    added = tokenizer.get_added_tokens_decoder()
    special = {i for i, token in added.items() if token.special}
    names = {i: tokenizer.id_to_token(i) for i in range(n_ids)}
    silent = {i for i, name in names.items() if not name or NOT_WORDS.fullmatch(name)}
    marks = {i for i, name in names.items() if name in (PAD, END, UNKNOWN)}
    return tuple(sorted((special | silent | marks) - {end_token}))


def _build(checkpoint: Checkpoint, config: T5Config) -> T5ForConditionalGeneration:
    state = _words(checkpoint, _read(checkpoint))
    with torch.device("meta"):  # no time spent on random weights
        model = T5ForConditionalGeneration(config)
    try:
        model.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise checkpoint.refuse("the weights do not fit the config.") from error
    return model


def _read(checkpoint: Checkpoint) -> State:
    """Return all weights, as float32."""
    state: State = {}
    for path in weight_paths(checkpoint):
        try:
            state |= load_file(path)
        except (SafetensorError, OSError) as error:
            raise checkpoint.refuse(f"{path.name} is no safetensors.") from error
    if not all(tensor.is_floating_point() for tensor in state.values()):
        raise checkpoint.refuse("quantised weights are not read.")
    return {key: tensor.float() for key, tensor in state.items() if key != UNUSED}


def _words(checkpoint: Checkpoint, state: State) -> State:
    """Return the state with the words' embeddings under all their names.

    A checkpoint may hold them once or thrice. The output layer is its own in T5 v1.1 and
    Flan-T5, though transformers 5 calls every T5 tied; where there is none, it is tied.
    """
    shared = _first(state, (SHARED, *TIED, HEAD))
    if shared is None:
        raise checkpoint.refuse(f"the weights hold no {SHARED}.")
    names = (SHARED, *TIED)
    if not all(torch.equal(state.get(name, shared), shared) for name in names):
        raise checkpoint.refuse("encoder and decoder do not share their words.")
    return state | dict.fromkeys(names, shared) | {HEAD: state.get(HEAD, shared)}


def _first(state: State, names: Iterable[str]) -> torch.Tensor | None:
    return next((state[name] for name in names if name in state), None)
