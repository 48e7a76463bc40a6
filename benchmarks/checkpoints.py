"""Write the shipped weights in the forms that the contenders read. Imports torch.

    python -m benchmarks.checkpoints FOLDER

FOLDER/greedy and FOLDER/sampling are our own format, for our engine: the first always
takes the likeliest token, as every peer is told to; the second samples as shipped. Both
never end a reply by themselves: each reply is as long as its request says, so that all do
the same work. FOLDER/plain holds transformers checkpoints in float32, for the peers.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.messages import CLASSIFIER
from inference.loading import load_classifier, load_reply_model
from inference.registry import MANIFEST_NAME, REPLY_MODEL, WEIGHTS_ROOT, weights_dir

if TYPE_CHECKING:
    from inference.loading import Decoding, LoadedClassifier, LoadedReplyModel


def write(folder: Path, weights_root: Path = WEIGHTS_ROOT) -> None:
    """Write all forms anew; raises ModelFileError where the weights are not usable."""
    reply = load_reply_model(weights_dir(REPLY_MODEL, weights_root))
    classifier = load_classifier(weights_dir(CLASSIFIER, weights_root))
    shutil.rmtree(folder, ignore_errors=True)
    end_token = int(reply.model.config.eos_token_id)
    for name, decoding in {
        "greedy": greedy(end_token),
        "sampling": endless(reply.decoding, end_token),
    }.items():
        _write_ours(folder / name, weights_root, decoding)
    _write_reply(folder / "plain" / REPLY_MODEL, reply)
    _write_classifier(folder / "plain" / CLASSIFIER, classifier)


def greedy(end_token: int) -> dict[str, Any]:
    """Return settings under which the logits alone decide.

    Made to write on past its end, a model may prefer what it may not write as it ships.
    """
    return {
        "temperature": 0.0,
        "repetition_penalty": 1.0,
        "no_repeat_ngram": 0,
        "no_repeat_heard": 0,
        "banned_tokens": [end_token],
    }


def endless(decoding: Decoding, end_token: int) -> dict[str, Any]:
    """Return the settings as shipped, but that a reply never ends by itself."""
    banned = (*decoding.banned_tokens, end_token)
    return asdict(replace(decoding, banned_tokens=banned))


def _write_ours(folder: Path, weights_root: Path, decoding: dict[str, Any]) -> None:
    for name in (REPLY_MODEL, CLASSIFIER):
        shutil.copytree(weights_dir(name, weights_root), folder / name)
    path = folder / REPLY_MODEL / MANIFEST_NAME
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"decoding": decoding}))


def _write_reply(folder: Path, loaded: LoadedReplyModel) -> None:
    loaded.model.generation_config.max_length = None
    loaded.model.save_pretrained(folder)
    tokens = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    _write_tokenizer(folder, loaded.tokenizer, tokens)


def _write_classifier(folder: Path, loaded: LoadedClassifier) -> None:
    """The temperature goes into the head: its logits are then ours, divided by it."""
    head: Any = loaded.model.classifier
    head.weight.data /= loaded.temperature
    head.bias.data /= loaded.temperature
    loaded.model.save_pretrained(folder)
    tokens = {
        f"{kind}_token": f"[{kind.upper()}]"
        for kind in ("pad", "unk", "cls", "sep", "mask")
    }
    _write_tokenizer(folder, loaded.tokenizer, tokens, loaded.max_tokens)


def _write_tokenizer(
    folder: Path, tokenizer: Any, tokens: dict[str, str], max_tokens: int | None = None
) -> None:
    from transformers import PreTrainedTokenizerFast

    limit = {"model_max_length": max_tokens} if max_tokens else {}
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        clean_up_tokenization_spaces=False,
        **tokens,
        **limit,
    ).save_pretrained(folder)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
