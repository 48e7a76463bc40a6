"""What a T5 checkpoint that we did not make must hold, told from its files' names.

Config, a vocabulary, safetensors weights; nothing else in its folder is ever opened. No
torch here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inference.errors import ModelFileError
from inference.model_files import PICKLE_SUFFIXES
from inference.registry import MANIFEST_NAME

CONFIG, TOKENIZER, PIECES = "config.json", "tokenizer.json", "spiece.model"
TOKENIZER_CONFIG = "tokenizer_config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
MAX_VERSION = 80  # characters that a reply's row has room for
TAIL_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder, how people call it, and the hub's commit if it came from there."""

    folder: Path
    name: str
    commit: str = ""

    @property
    def is_ours(self) -> bool:
        return (self.folder / MANIFEST_NAME).is_file()

    @property
    def version(self) -> str:
        """`name@commit`, or `name@hash` of config, vocabulary and the weights' ends."""
        mark = self.commit or _hash(self)
        return f"{self.name[: MAX_VERSION - 13]}@{mark[:12]}"

    def refuse(self, why: str) -> ModelFileError:
        return ModelFileError(f"{self.name}: {why}")


def require_all(checkpoint: Checkpoint) -> None:
    """Raise ModelFileError where a file that `foreign.load_foreign` reads is missing."""
    read_config(checkpoint)
    tokenizer_path(checkpoint)
    weight_paths(checkpoint)


def read_config(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return config.json of a T5, or raise ModelFileError for anything else."""
    values = read_json(checkpoint, CONFIG)
    kind = values.get("model_type")
    if kind != "t5":
        raise checkpoint.refuse(f"this is no T5 (its model_type is {kind!r}).")
    if "quantization_config" in values:
        raise checkpoint.refuse("quantised weights are not read.")
    return values


def tokenizer_path(checkpoint: Checkpoint) -> Path:
    """Return tokenizer.json or, where there is none, spiece.model."""
    for name in (TOKENIZER, PIECES):
        if (checkpoint.folder / name).is_file():
            return checkpoint.folder / name
    raise checkpoint.refuse(f"there is neither {TOKENIZER} nor {PIECES}.")


def weight_paths(checkpoint: Checkpoint) -> list[Path]:
    """Return the safetensors files, one or all that the index names."""
    if (checkpoint.folder / WEIGHTS).is_file():
        return [checkpoint.folder / WEIGHTS]
    if not (checkpoint.folder / INDEX).is_file():
        raise checkpoint.refuse(_why_no_weights(checkpoint.folder))
    places = read_json(checkpoint, INDEX).get("weight_map")
    if not isinstance(places, dict):
        raise checkpoint.refuse(f"{INDEX} names no weights.")
    return [_shard(checkpoint, name) for name in sorted({*map(str, places.values())})]


def read_json(checkpoint: Checkpoint, name: str) -> dict[str, Any]:
    try:
        values = json.loads((checkpoint.folder / name).read_text())
    except FileNotFoundError as error:
        raise checkpoint.refuse(f"there is no {name}.") from error
    except (OSError, ValueError) as error:
        raise checkpoint.refuse(f"{name} is not JSON.") from error
    if not isinstance(values, dict):
        raise checkpoint.refuse(f"{name} is not a JSON object.")
    return values


def _shard(checkpoint: Checkpoint, name: str) -> Path:
    path = checkpoint.folder / name
    if path.suffix != ".safetensors" or Path(name).name != name:
        raise checkpoint.refuse(f"{name} is not a file that may be read.")
    if not path.is_file():
        raise checkpoint.refuse(f"{name} is missing.")
    return path


def _why_no_weights(folder: Path) -> str:
    pickles = [p.name for p in folder.glob("*") if p.suffix in PICKLE_SUFFIXES]
    found = f"{pickles[0]} may be a pickle; " if pickles else f"there is no {WEIGHTS}; "
    return f"{found}only safetensors weights are read."


def _hash(checkpoint: Checkpoint) -> str:
    """Return a hash that another training changes; it reads little of the weights."""
    digest = hashlib.sha256((checkpoint.folder / CONFIG).read_bytes())
    digest.update(tokenizer_path(checkpoint).read_bytes())
    for path in weight_paths(checkpoint):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}".encode())
        with path.open("rb") as file:
            file.seek(max(0, size - TAIL_BYTES))
            digest.update(file.read())
    return digest.hexdigest()
