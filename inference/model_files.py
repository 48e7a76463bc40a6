"""Read the files of a model's folder, none before its hash is checked.

A folder is trusted only as far as its manifest goes: every file is hashed before it is
parsed, and nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.errors import ModelFileError
from inference.registry import MANIFEST_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"}


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a complete folder; raise ModelFileError otherwise."""
    path = folder / MANIFEST_NAME
    if not path.is_file():
        raise ModelFileError(f"{folder.name}: {_why_no_manifest(folder)}")
    try:
        manifest = json.loads(path.read_text())
    except ValueError as error:
        raise ModelFileError(f"{folder.name}: the manifest is not JSON.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelFileError(f"{folder.name}: this manifest is not of format {FORMAT}.")
    wrong = _wrong_value(manifest)
    if wrong:
        raise ModelFileError(
            f"{folder.name}: {wrong} is missing in the manifest, or odd."
        )
    return manifest


def _wrong_value(manifest: Mapping[str, Any]) -> str | None:
    """Return the name of the first value that is absent or of another kind."""
    max_tokens = manifest.get("max_tokens")
    is_right = {
        "version": isinstance(manifest.get("version"), str),
        "files": isinstance(manifest.get("files"), dict),
        "max_tokens": type(max_tokens) is int and max_tokens > 0,
    }
    return next((name for name, right in is_right.items() if not right), None)


def _why_no_manifest(folder: Path) -> str:
    pickles = [p.name for p in folder.glob("*") if p.suffix in PICKLE_SUFFIXES]
    if pickles:
        return f"{pickles[0]} may be a pickle; only safetensors weights are read."
    return f"there is no {MANIFEST_NAME}."


def read_files(folder: Path, manifest: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the bytes of every listed file, each checked against its sha256."""
    return {
        name: _read_checked(folder, name, digest)
        for name, digest in manifest["files"].items()
    }


def _read_checked(folder: Path, name: str, digest: str) -> bytes:
    path = folder / name
    if path.suffix in PICKLE_SUFFIXES or Path(name).name != name:
        raise ModelFileError(f"{folder.name}: {name} is not a file that may be read.")
    if not path.is_file():
        raise ModelFileError(f"{folder.name}: {name} is missing.")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ModelFileError(f"{folder.name}: {name} was altered or cut short.")
    return content
