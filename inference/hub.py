"""Fetch a T5 from the hub, once; from then on it is read from this machine's cache.

Only an engine's process imports this. Address, cache and token are those of
huggingface_hub: HF_ENDPOINT, HF_HOME, HF_TOKEN.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from huggingface_hub import snapshot_download

from inference.checkpoints import (
    CONFIG,
    INDEX,
    PIECES,
    TOKENIZER,
    TOKENIZER_CONFIG,
    WEIGHTS,
    Checkpoint,
    read_config,
    require_all,
)
from inference.errors import ModelFileError
from inference.model_files import read_manifest
from inference.registry import MANIFEST_NAME

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = [CONFIG, MANIFEST_NAME]
SHARDS = "model-*.safetensors"
ALL = [*FIRST, TOKENIZER, TOKENIZER_CONFIG, PIECES, WEIGHTS, INDEX, SHARDS]


def fetch(name: str, on_progress: Callable[[str], None]) -> Checkpoint:
    """Return `OWNER/NAME` or `OWNER/NAME@REVISION`, whole; raises ModelFileError.

    What was fetched once is used without asking the hub again. Config comes first: of
    what is no T5, nothing more is fetched. Pickles and code are never fetched.
    """
    kept = _kept(name)
    if kept is not None:
        return kept
    on_progress(f"fetching {name}…")
    first = _snapshot(name, FIRST)
    if not first.is_ours:
        read_config(first)
    found = _snapshot(name, ALL, first.commit)
    _require(found)
    return found


def _kept(name: str) -> Checkpoint | None:
    """Return what lies in the cache, if it is whole."""
    try:
        kept = _snapshot(name, ALL, is_local=True)
        _require(kept)
    except ModelFileError:
        return None
    return kept


def _snapshot(
    name: str, files: list[str], commit: str = "", *, is_local: bool = False
) -> Checkpoint:
    repo, _, revision = name.partition("@")
    ask = partial(snapshot_download, repo, allow_patterns=files)
    try:
        folder = Path(
            ask(revision=commit or revision or None, local_files_only=is_local)
        )
    except Exception as error:  # what a network raises, the libraries do not say
        why = " ".join(str(error).split())
        raise ModelFileError(f"{name}: the hub did not give it. {why}") from error
    return Checkpoint(folder, repo, folder.name)


def _require(found: Checkpoint) -> None:
    if not found.is_ours:
        require_all(found)
        return
    for file in read_manifest(found.folder)["files"]:
        if not (found.folder / file).is_file():
            raise found.refuse(f"{file} is missing.")
